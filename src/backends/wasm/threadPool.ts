import { platform } from "#platform";
import { BARRIER } from "./barrier.js";
import type { Heap } from "./heap.js";
import {
  COMMON_BYTES,
  SHARE,
  STATE,
  WORD,
  WORKER_BYTES,
  type WorkerMessage,
  workerScript,
} from "./workerThread.js";

const MAX_WORKERS = 64;

/** How long a worker stays awake for the next call, in milliseconds: the time that `fit` takes between two of its calls. */
const LINGER = 1;
/**
 * A thread for which the others have waited this long at a barrier is given up: long enough for the longest computation that one
 * thread does by itself. (A worker that ends cannot say so: its message waits for the end of the caller's computation.)
 */
const LOST_SECONDS = 20;

/** How often a thread looks whether another one is done before it goes to sleep, or looks after the others. */
export const SPINS = 50_000;

type WorkerThread = ReturnType<typeof platform.startWorker>;

/** One worker, and which programs it knows. */
export interface Worker {
  readonly thread: WorkerThread;
  readonly words: Int32Array;
  /** How many messages have to be handled until the worker knows a program. */
  readonly knows: Map<number, number>;
  alive: boolean;
  end: string;
}

/** Steps that threads go through side by side; results of all of them are kept, from `first` on, if it is given. */
export interface SideBySide {
  readonly steps: number;
  readonly first?: number;
  readonly room?: number;
}

/** A program in the form that workers get. */
export interface SharedProgram {
  readonly module: WebAssembly.Module;
  readonly globals: Readonly<Record<string, number>>;
  /** How many threads have memory of their own for it. */
  readonly threads: number;
  /** Whether that is enough for each thread to run steps alone, which need nothing of each other. */
  readonly hasOwnSteps: boolean;
}

/**
 * Worker threads over one memory. They sleep between calls; a call offers them work, and whoever takes the offer in time
 * takes part. The bits do not depend on how many do.
 */
export class ThreadPool {
  readonly #workers: Worker[] = [];
  /** Byte address of the control block: the common words (the barrier's first), then a part for each worker. */
  readonly address: number;
  #nextProgram = 0;
  readonly #programs = new Map<number, SharedProgram>();
  /** The barrier that is waited at, and since when. */
  #generation = -1;
  #waitingSince = 0;
  #joined: readonly Worker[] = [];

  constructor(readonly heap: Heap) {
    const bytes = COMMON_BYTES + MAX_WORKERS * WORKER_BYTES;
    this.address = heap.allocate(bytes);
    new Int32Array(heap.memory.buffer, this.address, bytes / 4).fill(0);
  }

  /** Makes a program known to all workers. */
  add(program: SharedProgram): number {
    const id = this.#nextProgram++;
    this.#programs.set(id, program);
    for (const worker of this.#workers) this.#teach(worker, id, program);
    return id;
  }

  release(id: number): void {
    this.#programs.delete(id);
    for (const worker of this.#workers) {
      if (worker.alive && worker.knows.delete(id)) this.#post(worker, { kind: "release", id });
    }
  }

  /** Starts threads until there are `count` besides this one. */
  prepare(count: number): void {
    for (const worker of this.#workers.filter(({ alive }) => !alive))
      this.#workers.splice(this.#workers.indexOf(worker), 1);
    while (this.#workers.length < Math.min(count, MAX_WORKERS)) this.#start();
  }

  /**
   * Has up to `count` workers go through steps side by side with this thread.
   *
   * @param patience how long to wait for workers to take the offer, in seconds: they may be asleep
   * @returns how many take part; they have the numbers 1, 2, … and run at once
   */
  join(count: number, id: number, work: SideBySide, patience: number): number {
    const able = this.offer(count, id, { ...work });
    const deadline = platform.now() + patience;
    const takes = ({ words }: Worker) => Atomics.load(words, WORD.state) === STATE.taken;
    while (!able.every(takes) && platform.now() < deadline) {
      // workers take a few microseconds to wake up
    }
    const joined = able.filter(
      ({ words }) => Atomics.compareExchange(words, WORD.state, STATE.offered, STATE.idle) === STATE.taken,
    );
    for (const [i, { words }] of joined.entries()) {
      words[WORD.thread] = i + 1;
      words[WORD.threads] = joined.length + 1;
      Atomics.store(words, WORD.state, STATE.running);
      Atomics.notify(words, WORD.state);
    }
    this.#joined = joined;
    this.#generation = -1;
    return joined.length;
  }

  /** Looks after the workers that have an offer, and are waited for since a time. @throws if one of them is lost */
  look(since: number): void {
    for (const worker of this.#joined) {
      if (Atomics.load(worker.words, WORD.failed) !== 0 || !worker.alive) this.#giveUp(worker.end);
    }
    if (platform.now() - since > LOST_SECONDS) this.#giveUp(`it did not answer for ${LOST_SECONDS} seconds`);
  }

  /** Offers work to up to `count` workers, who have the numbers 1, 2, … in it. @returns those who may take it */
  offer(count: number, id: number, work: Partial<Record<keyof typeof WORD, number>>): readonly Worker[] {
    const able = this.#workers.filter((worker) => this.#isReady(worker, id)).slice(0, count);
    for (const [i, { words }] of able.entries()) {
      for (const [name, value] of Object.entries({
        first: 0,
        room: 0,
        chunk: 0,
        ...work,
        program: id,
        thread: i + 1,
      }))
        words[WORD[name as keyof typeof WORD]] = value;
      Atomics.store(words, WORD.state, STATE.offered);
      Atomics.notify(words, WORD.state);
    }
    this.#joined = able;
    return able;
  }

  /** How many workers could take part in a program now. */
  ready(id: number): number {
    return this.#workers.filter((worker) => this.#isReady(worker, id)).length;
  }

  /** Called from inside of a program while the others are waited for. @throws if one of them is lost */
  readonly waiting = (): void => {
    const generation = this.common[BARRIER.generation / 4];
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#waitingSince = platform.now();
    }
    this.look(this.#waitingSince);
  };

  /** Ends all threads; the next call starts new ones. */
  #giveUp(reason: string): never {
    for (const worker of this.#workers) {
      worker.alive = false;
      Atomics.store(worker.words, WORD.failed, 1);
      worker.thread.terminate();
    }
    this.#workers.length = 0;
    this.#joined = [];
    this.common.fill(0);
    throw new Error(
      `A worker thread was lost in the middle of a computation (${reason}). The variables that it was computing may be half ` +
        "updated: load the last saved weights or build the model anew. setThreads(1) does without worker threads.",
    );
  }

  /** The words that all threads share. */
  get common(): Int32Array {
    return new Int32Array(this.heap.memory.buffer, this.address, COMMON_BYTES / 4);
  }

  #isReady({ alive, words, knows }: Worker, id: number): boolean {
    const message = knows.get(id);
    return (
      alive &&
      message !== undefined &&
      Atomics.load(words, WORD.handled) >= message &&
      Atomics.load(words, WORD.state) === STATE.idle
    );
  }

  #start(): void {
    const slots = new Set(this.#workers.map(({ words }) => words.byteOffset));
    let address = this.address + COMMON_BYTES;
    while (slots.has(address)) address += WORKER_BYTES;
    const { memory } = this.heap;
    const words = new Int32Array(memory.buffer, address, WORKER_BYTES / 4).fill(0);
    words[WORD.state] = STATE.listening;
    const worker: Worker = {
      thread: platform.startWorker(workerScript, {
        onEnd: (reason) => {
          worker.alive = false;
          worker.end = reason;
        },
      }),
      words,
      knows: new Map(),
      alive: true,
      end: "its program failed",
    };
    this.#workers.push(worker);
    this.#post(worker, {
      kind: "start",
      memory,
      address,
      linger: LINGER,
      words: WORD,
      states: STATE,
      common: this.address,
      share: SHARE,
      spins: SPINS,
    });
    for (const [id, program] of this.#programs) this.#teach(worker, id, program);
  }

  #teach(worker: Worker, id: number, { module, globals }: SharedProgram): void {
    this.#post(worker, { kind: "program", id, module, globals });
    worker.knows.set(id, worker.words[WORD.posted]);
  }

  #post({ thread, words }: Worker, message: WorkerMessage): void {
    Atomics.add(words, WORD.posted, 1);
    thread.post(message);
    Atomics.compareExchange(words, WORD.state, STATE.idle, STATE.listening);
    Atomics.notify(words, WORD.state);
  }
}
