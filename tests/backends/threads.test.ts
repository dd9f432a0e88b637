import { createHash } from "node:crypto";
import { Input, layers, Sequential, setThreads, Tensor, utils } from "keratin";
import { afterAll, describe, expect, it } from "vitest";
import { type PracticalModel, practicalModels } from "../../cli/practical/models.js";
import { ModuleBuilder } from "../../src/backends/wasm/assembler/index.js";
import { emitBarrier } from "../../src/backends/wasm/barrier.js";
import { Heap, MAX_PAGES } from "../../src/backends/wasm/heap.js";
import { ThreadPool } from "../../src/backends/wasm/threadPool.js";

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
  const predicted = await model.predict(x.slice(0, 45), { verbose: 0 });
  return `${hash.digest("hex")} ${predicted.data.join(" ")}`;
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

  it("that fail are an error, not a hang", async () => {
    const heap = new Heap(true);
    const pool = new ThreadPool(heap);
    const module = new ModuleBuilder();
    module.importMemory("keratin", "memory", { initial: 1, maximum: MAX_PAGES, shared: true });
    const barrier = emitBarrier(module);
    const parameters = ["thread", "threads", "steps"].map((name) => [name, "i32"] as const);
    module.function(
      "run",
      parameters,
      [],
      (f, thread, threads) =>
        f
          .get(thread)
          .if(() => f.op("unreachable"))
          .get(threads)
          .call(barrier),
      { export: "run" },
    );
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
    const id = pool.add({ module: compiled, globals: { control: pool.address } });
    while (pool.ready(id) < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pool.join(1, id, 1, 0.2)).toBe(1);
    expect(() => (run as (...numbers: number[]) => void)(0, 2, 1)).toThrow(
      /A worker thread was lost.*setThreads\(1\)/s,
    );
    // the next call starts new ones
    pool.prepare(1);
    while (pool.ready(id) < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
