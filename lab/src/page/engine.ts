import type { LoadedDigits } from "../data/load.js";
import type { Answers, Message, Question, Request, Verdict } from "../engine/protocol.js";

export type EngineMessage = Exclude<Message, { type: "answer" | "checked" }> | { type: "restarted" };

/** Milliseconds that a cell is given to end by itself once it was asked to. */
const PATIENCE = 3000;

/** The page's end of the engine: starts it in its sandbox, sends it cells one after another, ends it if it does not react. */
export class Engine {
  readonly #listen: (message: EngineMessage) => void;
  readonly #loadData: () => Promise<LoadedDigits>;
  #frame: HTMLIFrameElement | undefined;
  #port: Promise<MessagePort>;
  #running: { readonly cell: string; readonly done: () => void } | undefined;
  #queue: { readonly request: Request & { readonly cell: string }; readonly done: () => void }[] = [];
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #questions = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(options: {
    readonly listen: (message: EngineMessage) => void;
    readonly loadData: () => Promise<LoadedDigits>;
  }) {
    this.#listen = options.listen;
    this.#loadData = options.loadData;
    this.#port = this.#start();
  }

  /** The cell that runs now. */
  get running(): string | undefined {
    return this.#running?.cell;
  }

  get waiting(): readonly string[] {
    return this.#queue.map(({ request }) => request.cell);
  }

  /** Runs a cell after those before it. @returns when it has ended, or was given up */
  run(cell: string, code: string): Promise<void> {
    return this.#enqueue({ type: "run", cell, code });
  }

  resume(cell: string, model: string): Promise<void> {
    return this.#enqueue({ type: "resume", cell, model });
  }

  setSeed(seed: number): void {
    void this.#send({ type: "seed", seed });
  }

  /** Ends what runs and forgets what waits. Training ends after its current step; what does not react is ended from outside. */
  stop(): void {
    for (const { done } of this.#queue.splice(0)) done();
    if (!this.#running) return;
    void this.#send({ type: "stop" });
    this.#patience ??= setTimeout(() => this.#restart(), PATIENCE);
  }

  ask<Q extends Question>(question: Q): Promise<Answers[Q["about"]]> {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      void this.#send({ type: "look", question, id });
    });
  }

  check(exercise: string): Promise<Verdict> {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      void this.#send({ type: "check", exercise, id });
    });
  }

  #enqueue(request: Request & { readonly cell: string }): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ request, done });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running) return;
    const next = this.#queue.shift();
    if (!next) return;
    this.#running = { cell: next.request.cell, done: next.done };
    void this.#send(next.request);
  }

  async #send(request: Request, transfer: Transferable[] = []): Promise<void> {
    (await this.#port).postMessage(request, transfer);
  }

  #start(): Promise<MessagePort> {
    const frame = document.createElement("iframe");
    frame.src = "sandbox.html";
    frame.hidden = true;
    frame.title = "";
    frame.setAttribute("aria-hidden", "true");
    this.#frame = frame;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data);
    const started = new Promise<MessagePort>((resolve) => {
      const loaded = ({ source, data }: MessageEvent) => {
        if (source !== frame.contentWindow || data?.type !== "sandbox") return;
        removeEventListener("message", loaded);
        frame.contentWindow?.postMessage(null, location.origin, [port2]);
        resolve(port1);
      };
      addEventListener("message", loaded);
    });
    document.body.append(frame);
    void this.#giveData(started);
    return started;
  }

  async #giveData(started: Promise<MessagePort>): Promise<void> {
    let request: Request;
    let buffers: Transferable[] = [];
    try {
      const { train, test } = await this.#loadData();
      request = { type: "data", train, test };
      buffers = [...train, test].flatMap(({ images, labels }) => [images.buffer, labels.buffer]);
    } catch (error) {
      request = { type: "dataFailed", message: (error as Error).message };
    }
    (await started).postMessage(request, buffers);
  }

  #receive(message: Message): void {
    switch (message.type) {
      case "answer": {
        const asked = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.error !== undefined) asked?.reject(new Error(message.error));
        else asked?.resolve(message.answer as never);
        return;
      }
      case "checked":
        this.#waiting.get(message.id)?.resolve(message.verdict as never);
        this.#waiting.delete(message.id);
        return;
      case "end":
        clearTimeout(this.#patience);
        this.#patience = undefined;
        this.#finish(() => this.#listen(message));
        return;
      default:
        this.#listen(message);
    }
  }

  #finish(tell: () => void): void {
    const { done } = this.#running ?? {};
    this.#running = undefined;
    tell();
    done?.();
    this.#next();
  }

  /** Ends the worker, whatever it does, and starts another. Its variables are gone. */
  #restart(): void {
    this.#patience = undefined;
    this.#frame?.remove();
    for (const { reject } of this.#waiting.values()) reject(new Error("The engine was started again."));
    this.#waiting.clear();
    this.#port = this.#start();
    this.#finish(() => this.#listen({ type: "restarted" }));
  }
}
