import { createHash } from "node:crypto";
import type { Worker } from "node:worker_threads";
import { callbacks, Input, layers, Model, Sequential, setThreads, Tensor, utils } from "keratin";
import { afterAll, describe, expect, it, vi } from "vitest";
import { platform } from "#platform";
import { type PracticalModel, practicalModels } from "../../cli/practical/models.js";
import { type FunctionBuilder, type Local, ModuleBuilder } from "../../src/backends/wasm/assembler/index.js";
import { emitBarrier } from "../../src/backends/wasm/barrier.js";
import { Heap, MAX_PAGES } from "../../src/backends/wasm/heap.js";
import { shareSteps } from "../../src/backends/wasm/sharedSteps.js";
import { ThreadPool } from "../../src/backends/wasm/threadPool.js";

/** All threads that were started and not yet ended by a test. */
const started: Worker[] = [];
process.on("worker", (worker) => started.push(worker));

const SAMPLES = 32 * 12;

/** Images of a few bright strokes, and labels. */
function samples(shape: readonly number[]) {
  const x = new Float32Array(SAMPLES * 784);
  let state = 1;
  for (let i = 0; i < x.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const value = (state >>> 8) / 2 ** 24;
    x[i] = value < 0.8 ? 0 : 5 * (value - 0.8);
  }
  const y = Int32Array.from({ length: SAMPLES }, (_, i) => (i * 7) % 10);
  return {
    x: new Tensor(x, { shape: [SAMPLES, ...shape], dtype: "float32" }),
    y: new Tensor(y, { shape: [SAMPLES], dtype: "int32" }),
  };
}

/** A pool of one thread that knows a program: it does `work` while thread 0 waits for it at a barrier. */
async function poolOfOne(work: (f: FunctionBuilder) => void) {
  const heap = new Heap(true);
  const pool = new ThreadPool(heap);
  const module = new ModuleBuilder();
  module.importMemory("keratin", "memory", { initial: 1, maximum: MAX_PAGES, shared: true });
  const barrier = emitBarrier(module);
  const parameters = ["thread", "threads", "steps"].map((name) => [name, "i32"] as const);
  const body = (f: FunctionBuilder, thread: Local, threads: Local) => {
    f.get(thread).if(() => work(f));
    f.get(threads).call(barrier);
  };
  module.function("run", parameters, [], body, { export: "run" });
  const compiled = new WebAssembly.Module(module.encode());
  const global = (value: number) => new WebAssembly.Global({ value: "i32" }, value);
  const imports = {
    memory: heap.memory,
    waiting: pool.waiting,
    control: global(pool.address),
    canSleep: global(1),
  };
  const { run } = new WebAssembly.Instance(compiled, { keratin: imports }).exports;
  pool.prepare(1);
  const id = pool.add({
    module: compiled,
    globals: { control: pool.address },
    threads: 2,
    hasOwnSteps: false,
  });
  await untilReady(pool, id);
  return { pool, id, run: run as (thread: number, threads: number, steps: number) => void };
}

/** A pool of one thread that knows a program with `collect`, which does `work` on the thread's own. */
async function poolThatShares(work: (f: FunctionBuilder) => void) {
  const heap = new Heap(true);
  const pool = new ThreadPool(heap);
  const module = new ModuleBuilder();
  module.importMemory("keratin", "memory", { initial: 1, maximum: MAX_PAGES, shared: true });
  const parameters = ["thread", "threads", "steps", "first", "room", "place"].map(
    (name) => [name, "i32"] as const,
  );
  module.function("collect", parameters, [], (f) => work(f), { export: "collect" });
  pool.prepare(1);
  const program = new WebAssembly.Module(module.encode() as BufferSource);
  const id = pool.add({ module: program, globals: {}, threads: 2, hasOwnSteps: true });
  await untilReady(pool, id);
  return { pool, helpers: { count: 1, id } };
}

async function untilReady(pool: ThreadPool, id: number): Promise<void> {
  while (pool.ready(id) < 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function weightsAfterTwoEpochs(
  { name, build }: Pick<PracticalModel, "name" | "build">,
  threads: number,
) {
  setThreads(threads);
  utils.clearSession();
  utils.setRandomSeed(45);
  const model = await build();
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const { x, y } = samples(name.startsWith("cnn") ? [28, 28, 1] : [28, 28]);
  await model.fit(x, y, { epochs: 2, verbose: 0 });
  const hash = createHash("sha256");
  for (const { value } of model.weights) hash.update(new Uint8Array(value.data.buffer));
  const predicted: number[] = [];
  for (const samples of [45, 1])
    predicted.push(...(await model.predict(x.slice(0, samples), { verbose: 0 })).data);
  return `${hash.digest("hex")} ${predicted.join(" ")}`;
}

describe("threads", () => {
  afterAll(() => setThreads(1));

  it("take part where they are asked for", async () => {
    setThreads(3);
    const model = new Sequential([Input([784]), new layers.Dense(256), new layers.Dense(10)]);
    model.compile({ optimizer: "adam", loss: "mse" });
    // the first call starts them
    await model.explain({ batchSize: 64 });
    const explanation = await model.explain({ batchSize: 64 });
    expect(explanation.threads).toBe(3);
    expect(String(explanation)).toMatch(/^One step: .* µs on 3 threads/);
  });

  it.each(practicalModels)("$name: 1, 2, 3 and 4 threads give the same bits", async (definition) => {
    const alone = await weightsAfterTwoEpochs(definition, 1);
    for (const threads of [2, 3, 4]) expect(await weightsAfterTwoEpochs(definition, threads)).toBe(alone);
  });

  it("go through a recurrent loop each with its own rows: the same bits", async () => {
    const { LSTM, GRU, SimpleRNN, Bidirectional, Dense } = layers;
    const build = () =>
      new Sequential([
        Input([28, 28]),
        new Bidirectional(new LSTM(24, { returnSequences: true })),
        new GRU(20, { returnSequences: true, resetAfter: false, recurrentDropout: 0.2 }),
        new GRU(16, { returnSequences: true }),
        new SimpleRNN(12),
        new Dense(10, { activation: "softmax" }),
      ]);
    const alone = await weightsAfterTwoEpochs({ name: "recurrent", build }, 1);
    for (const threads of [2, 3, 4])
      expect(await weightsAfterTwoEpochs({ name: "recurrent", build }, threads)).toBe(alone);
  });

  it("share out small batches beside many filters: the same bits", async () => {
    const { Conv2D, Dense, Flatten } = layers;
    const x = new Tensor(
      Float32Array.from({ length: 70 * 1152 }, (_, i) => Math.sin(1.7 * i)),
      { shape: [70, 12, 12, 8], dtype: "float32" },
    );
    const y = new Tensor(
      Int32Array.from({ length: 70 }, (_, i) => i % 3),
      { shape: [70], dtype: "int32" },
    );
    const weights = async (threads: number) => {
      setThreads(threads);
      utils.setRandomSeed(45);
      const model = new Sequential([
        Input([12, 12, 8]),
        new Conv2D(24, 3, { activation: "relu" }),
        new Flatten(),
        new Dense(3, { activation: "softmax" }),
      ]);
      model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
      // the last batch has a sample for every four filters
      await model.fit(x, y, { batchSize: 16, epochs: 3, verbose: 0 });
      return model.getWeights().map((array) => Array.from(array.data));
    };
    const alone = await weights(1);
    for (const threads of [2, 2, 3, 3]) expect(await weights(threads)).toEqual(alone);
  });

  it("share out convolutions in Winograd's form: the same bits", async () => {
    const { Conv2D, MaxPooling2D, Flatten, Dense } = layers;
    const build = () =>
      new Sequential([
        Input([28, 28, 1]),
        new Conv2D(8, 3, { strides: 2, activation: "relu" }),
        new Conv2D(16, 3, { padding: "same", activation: "relu" }),
        new Conv2D(16, 3, { activation: "relu" }),
        new MaxPooling2D(2),
        new Flatten(),
        new Dense(10, { activation: "softmax" }),
      ]);
    const alone = await weightsAfterTwoEpochs({ name: "cnn, Winograd", build }, 1);
    for (const threads of [2, 3, 4])
      expect(await weightsAfterTwoEpochs({ name: "cnn, Winograd", build }, threads)).toBe(alone);
  });

  it("take whole steps where these need nothing of each other: the same bits", async () => {
    const { Concatenate, Dense } = layers;
    const build = () => {
      utils.clearSession();
      utils.setRandomSeed(45);
      const [a, b] = [Input([300]), Input([7])];
      const joined = new Concatenate().apply([new Dense(70, { activation: "relu" }).apply(a), b]);
      return new Model({ inputs: [a, b], outputs: [new Dense(5).apply(joined), joined] });
    };
    const rows = 7003;
    const samplesOf = (width: number) =>
      new Tensor(
        Float32Array.from({ length: rows * width }, (_, i) => Math.sin(0.3 * i * i)),
        { shape: [rows, width], dtype: "float32" },
      );
    const x = [samplesOf(300), samplesOf(7)];
    const offer = vi.spyOn(ThreadPool.prototype, "offer");
    const predicted = async (threads: number, batchSize: number) => {
      setThreads(threads);
      const model = build();
      // workers have to start, and to be told of the program, while this thread does nothing; how many come depends on the cores
      for (let i = 0; i < 100; i++) {
        offer.mockClear();
        const outputs = (await model.predict(x, { batchSize, verbose: 0 })) as unknown as Tensor[];
        const helped = offer.mock.calls.some(
          ([, , work], call) => work.chunk && (offer.mock.results[call].value as unknown[]).length > 0,
        );
        if (i > 1 && (threads === 1 || helped)) return outputs.map(({ data }) => data);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`No worker took part (${threads} threads, batches of ${batchSize}).`);
    };
    try {
      for (const batchSize of [32, 20]) {
        const alone = await predicted(1, batchSize);
        expect(offer).not.toHaveBeenCalled();
        for (const threads of [2, 3, 4]) {
          const together = await predicted(threads, batchSize);
          for (const [i, data] of together.entries())
            expect(Buffer.from(data.buffer).equals(Buffer.from(alone[i].buffer))).toBe(true);
        }
      }
      const onBatch = (await build().predictOnBatch(x.map((t) => t.slice(3200, 20)))) as unknown as Tensor[];
      const whole = await predicted(3, 20);
      for (const [i, { data }] of onBatch.entries())
        expect(data).toEqual(whole[i].slice(data.length * 160, data.length * 161));
    } finally {
      offer.mockRestore();
    }
  });

  it("that fail while they take steps are an error, not a hang", async () => {
    const { pool, helpers } = await poolThatShares((f) => f.op("unreachable"));
    const work = { steps: 100, chunk: 1, room: 4 };
    const slowly = () => {
      const until = performance.now() + 5;
      while (performance.now() < until);
    };
    const share = () => shareSteps(pool, helpers, work, { room: 4, fill() {} }, slowly);
    expect(share).toThrow(/A worker thread was lost.*setThreads\(1\)/s);
    pool.prepare(1);
    await untilReady(pool, helpers.id);
  });

  it("are given back when the inputs of steps cannot be had", async () => {
    const { pool, helpers } = await poolThatShares(() => {});
    const fill = (first: number) => {
      if (first > 20) throw new TypeError("detached");
    };
    const work = { steps: 100, chunk: 1, room: 4 };
    const run = vi.fn();
    expect(() => shareSteps(pool, helpers, work, { room: 4, fill }, run)).toThrow("detached");
    await untilReady(pool, helpers.id);
    const places: number[] = [];
    shareSteps(pool, helpers, work, { room: 4, fill: (_, __, place) => places.push(place) }, run);
    expect(places).toEqual(Array.from({ length: 100 }, (_, i) => i % 4));
  });

  it("that fail are an error, not a hang", async () => {
    const { pool, id, run } = await poolOfOne((f) => f.op("unreachable"));
    expect(pool.join(1, id, { steps: 1 }, 0.2)).toBe(1);
    expect(() => run(0, 2, 1)).toThrow(/A worker thread was lost.*setThreads\(1\)/s);
    // the next call starts new ones
    pool.prepare(1);
    await untilReady(pool, id);
  });

  it("that are ended from outside in the middle are an error, not a hang", async () => {
    const { pool, id, run } = await poolOfOne((f) => f.loop((again) => f.br(again)));
    const worker = started.pop() as Worker;
    expect(pool.join(1, id, { steps: 1 }, 0.2)).toBe(1);
    void worker.terminate();
    const start = platform.now();
    // nobody hears of the end of a thread while this one waits: time says so, and goes by quickly here
    const now = vi.spyOn(platform, "now");
    now.mockImplementation(() => start + 1000 * (Date.now() / 1000 - Math.floor(start)));
    try {
      expect(() => run(0, 2, 1)).toThrow(/A worker thread was lost.*did not answer.*setThreads\(1\)/s);
    } finally {
      now.mockRestore();
    }
    pool.prepare(1);
    await untilReady(pool, id);
  });

  it("that are ended from outside between calls are replaced, and training goes on to the same bits", async () => {
    const cnn = practicalModels.find(({ name }) => name === "cnn") as PracticalModel;
    const train = async (afterEpoch: () => void | Promise<void>) => {
      utils.clearSession();
      utils.setRandomSeed(45);
      const model = await cnn.build();
      model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
      const { x, y } = samples([28, 28, 1]);
      const ending = new callbacks.LambdaCallback({ onEpochEnd: afterEpoch });
      await model.fit(x, y, { epochs: 6, verbose: 0, callbacks: [ending] });
      return model.weights.map(({ value }) => value.data);
    };
    setThreads(1);
    const alone = await train(() => {});
    setThreads(3);
    let ended = 0;
    const killed = await train(async () => {
      const workers = started.splice(0);
      ended += workers.length;
      for (const worker of workers) await worker.terminate();
    });
    // the first, and those that took their places
    expect(ended).toBeGreaterThan(2);
    expect(killed).toEqual(alone);
  });
});
