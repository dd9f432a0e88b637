/** Words of a worker's part of the control block, from its start. */
export const WORD = {
  state: 0,
  /** Messages posted to it; it turns to its event loop until it has handled them all. */
  posted: 1,
  handled: 2,
  program: 3,
  thread: 4,
  threads: 5,
  steps: 6,
  /** Not 0 once a program of its failed. */
  failed: 7,
  /** The first of the steps. */
  first: 8,
  /** For how many steps' inputs there is room; not 0 if results of all steps are kept. */
  room: 9,
  /** Steps that a thread takes at a time; not 0 if they are shared out whole. */
  chunk: 10,
} as const;

/** Words of the control block's common part by which threads take steps, in cache lines of their own; behind the barrier's. */
export const SHARE = {
  /** The first chunk that nobody took. */
  next: 64,
  /** How many chunks' inputs are there. */
  filled: 80,
  /** For each place of the ring, the last chunk in it that was run, from 1 on. */
  done: 96,
} as const;
/** Chunks that the ring has places for at most. */
export const MOST_CHUNKS = 64;
/** Bytes of the control block's common part. */
export const COMMON_BYTES = 4 * (SHARE.done + MOST_CHUNKS);

/** Bytes of a worker's part: two cache lines, since neighbours are fetched together. */
export const WORKER_BYTES = 128;

export const STATE = {
  /** Waits for work. */
  idle: 0,
  /** Work is offered: the worker takes it, unless it is withdrawn before. */
  offered: 1,
  /** Taken: waits to be told its number. */
  taken: 2,
  running: 3,
  /** Turns to its event loop. */
  listening: 4,
} as const;

export type WorkerMessage =
  | {
      readonly kind: "start";
      readonly memory: WebAssembly.Memory;
      /** Byte address of the worker's part of the control block. */
      readonly address: number;
      /** How long a worker looks for more work before it sleeps, in milliseconds: the next call of `fit` is near. */
      readonly linger: number;
      readonly words: typeof WORD;
      readonly states: typeof STATE;
      /** Byte address of the common part. */
      readonly common: number;
      readonly share: typeof SHARE;
      /** How often to look for inputs before going to sleep. */
      readonly spins: number;
    }
  | {
      readonly kind: "program";
      readonly id: number;
      readonly module: WebAssembly.Module;
      readonly globals: Readonly<Record<string, number>>;
    }
  | { readonly kind: "release"; readonly id: number };

declare const receive: (handler: (message: WorkerMessage) => void) => void;

/**
 * All of a worker thread. It runs as text in a thread of its own, so it uses nothing from this module.
 *
 * It sleeps until work is offered, and turns to its event loop only when a message was posted. After work it stays awake for
 * a moment, since a wake-up can take as long as several steps, and may put it on the caller's own core.
 */
function workerMain(): void {
  type Start = Extract<WorkerMessage, { kind: "start" }>;
  let start: Start;
  let control: Int32Array;
  let common: Int32Array;
  const programs = new Map<number, WebAssembly.Exports>();

  function waiting(): void {
    if (Atomics.load(control, start.words.failed) !== 0) throw new Error("Another thread failed.");
  }

  function instantiate(module: WebAssembly.Module, globals: Readonly<Record<string, number>>) {
    const imports: Record<string, WebAssembly.ImportValue> = {
      memory: start.memory,
      waiting,
      mark: () => {},
    };
    imports.canSleep = new WebAssembly.Global({ value: "i32", mutable: false }, 1);
    for (const [name, value] of Object.entries(globals))
      imports[name] = new WebAssembly.Global({ value: "i32", mutable: false }, value);
    return new WebAssembly.Instance(module, { keratin: imports }).exports;
  }

  function handle(message: WorkerMessage): void {
    if (message.kind === "start") {
      start = message;
      control = new Int32Array(message.memory.buffer, message.address, 32);
      common = new Int32Array(message.memory.buffer, message.common);
    } else if (message.kind === "program") {
      programs.set(message.id, instantiate(message.module, message.globals));
    } else {
      programs.delete(message.id);
    }
    Atomics.add(control, start.words.handled, 1);
    work();
  }

  /** Takes work until a message waits. */
  function work(): void {
    const { words, states } = start;
    Atomics.store(control, words.state, states.idle);
    let sleepAt = 0;
    for (;;) {
      if (Atomics.load(control, words.posted) !== Atomics.load(control, words.handled)) return;
      const offered = Atomics.compareExchange(control, words.state, states.offered, states.taken);
      if (offered === states.idle) {
        if (performance.now() >= sleepAt) Atomics.wait(control, words.state, states.idle);
      } else if (offered === states.offered) {
        Atomics.notify(control, words.state);
        run();
        sleepAt = performance.now() + start.linger;
      } else if (offered === states.listening) {
        return;
      }
    }
  }

  type Run = (...numbers: number[]) => void;

  function run(): void {
    const { words, states } = start;
    const chunk = control[words.chunk];
    while (chunk === 0 && Atomics.load(control, words.state) === states.taken)
      Atomics.wait(control, words.state, states.taken, 1);
    try {
      const program = programs.get(control[words.program]) as WebAssembly.Exports;
      const numbers = [words.thread, words.threads, words.steps, words.first, words.room].map(
        (i) => control[i],
      );
      if (chunk !== 0) share(program.collect as Run, chunk, numbers);
      else ((control[words.room] === 0 ? program.run : program.collect) as Run)(...numbers, 0);
    } catch {
      Atomics.store(control, words.failed, 1);
    }
    Atomics.store(control, words.state, states.idle);
    Atomics.notify(control, words.state);
  }

  function share(collect: Run, chunk: number, [place, , steps, , room]: readonly number[]): void {
    const { share, spins } = start;
    for (;;) {
      const mine = Atomics.add(common, share.next, 1);
      const first = mine * chunk;
      if (first >= steps) return;
      for (let spin = 0; ; spin++) {
        const filled = Atomics.load(common, share.filled);
        if (filled > mine) break;
        if (spin >= spins) Atomics.wait(common, share.filled, filled, 1);
      }
      collect(0, 1, Math.min(chunk, steps - first), first, room, place);
      Atomics.store(common, share.done + (mine % (room / chunk)), mine + 1);
    }
  }

  receive(handle);
}

/** What a worker thread runs; `receive` comes from the platform. */
export const workerScript = `(${workerMain})();`;
