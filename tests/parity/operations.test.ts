import { Input, Model, models, ops, type Tensor, type TensorLike, tensor } from "keratin";
import { describe, expect, it } from "vitest";
import { KerasTensor } from "../../src/ops/kerasTensor.js";
import { leaves, type Structure } from "../../src/ops/structure.js";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

interface OperationCase {
  readonly name: string;
  readonly inputs: readonly GoldenArray[];
  readonly outputs: readonly GoldenArray[];
  /** `to_json` of the operation as a functional model. */
  readonly model: Record<string, Json>;
}

const numbers = (...shape: number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
    shape,
  );
const row = (...values: number[]) => tensor(Float32Array.from(values), [values.length]);

// biome-ignore lint/suspicious/noExplicitAny: the same calls with tensors and with symbolic tensors
type Call = (...xs: any[]) => unknown;

/** The calls of tests/golden/make/operations.py. */
const calls: Readonly<Record<string, Call>> = {
  repeat: (x) => ops.repeat(x, 2, 1),
  swapaxes: (x) => ops.swapaxes(x, 1, 2),
  moveaxis: (x) => ops.moveaxis(x, 1, -1),
  roll: (x) => ops.roll(x, 1, -1),
  append: (x, y) => ops.append(x, y, 1),
  hstack: (x, y) => ops.hstack([x, y]),
  dstack: (x, y) => ops.dstack([x, y]),
  array_split: (x) => ops.arraySplit(x, 2, 1),
  hsplit: (x) => ops.hsplit(x, 2),
  unstack: (x) => ops.unstack(x, undefined, 1),
  rot90: (x) => ops.rot90(x, 1, [1, 2]),
  fliplr: (x) => ops.fliplr(x),
  diff: (x) => ops.diff(x, 1, -1),
  concatenate: (x, y) => ops.concatenate([x, y], -1),
  normalize: (x) => ops.normalize(x, -1, 1),
  moments: (x) => ops.moments(x, [1], true),
  batch_normalization: (x) =>
    ops.batchNormalization(x, row(0, 1, 2), row(1, 2, 3), -1, { scale: row(1, 2, 3) }),
  layer_normalization: (x) => ops.layerNormalization(x, { gamma: row(1, 2, 3), axis: -1 }),
  rms_normalization: (x) => ops.rmsNormalization(x, { scale: row(1, 2, 3) }),
  einsum: (x, y) => ops.einsum("bij,bjk->bik", x, y),
  dot_product_attention: (q, k, v) => ops.dotProductAttention(q, k, v, { isCausal: true, scale: 0.5 }),
  resize: (x) => ops.image.resize(x, [3, 4], { interpolation: "bilinear", antialias: true }),
  adaptive_average_pool: (x) => ops.adaptiveAveragePool(x, [2, 2]),
  adaptive_max_pool: (x) => ops.adaptiveMaxPool(x, [2, 3]),
  separable_conv: (x) => ops.separableConv(x, numbers(2, 2, 2, 1), numbers(1, 1, 2, 3), { padding: "same" }),
  conv_transpose: (x) => ops.convTranspose(x, numbers(2, 2, 3, 2), { strides: 2 }),
};

function expectClose(found: Structure<Tensor>, expected: readonly GoldenArray[]): void {
  const tensors = leaves<Tensor>(found);
  expect(tensors.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [i, { data }] of expected.entries())
    for (const [j, value] of data.entries())
      expect(
        Math.abs(tensors[i].data[j] - Number(value)),
        `${tensors[i].data[j]} for ${value}`,
      ).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(Number(value))));
}

/** The layers of a model's dictionary that are operations, with what they are called on; constants by their values only. */
function operationsIn(model: Record<string, Json>): unknown {
  const { layers } = model.config as { layers: readonly Record<string, Json>[] };
  return JSON.parse(
    JSON.stringify(
      layers.filter(({ class_name }) => class_name !== "InputLayer"),
      (key, value) => {
        // layers are numbered over the whole session
        if (key === "name" || key === "keras_history") return undefined;
        // Keras writes constant arrays as arrays of NumPy or as its own
        return value === "__numpy__" ? "__tensor__" : value;
      },
    ),
  );
}

const { cases } = golden<{ readonly cases: readonly OperationCase[] }>("operations");

describe("operations equal Keras's", () => {
  it("are all tried", () => expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(calls).sort()));
  for (const { name, inputs, outputs, model } of cases) {
    it(name, async () => {
      const xs = inputs.map(goldenTensor);
      expectClose(calls[name](...xs) as Structure<Tensor>, outputs);
      const symbols = xs.map((x) => Input(x.shape.slice(1)));
      const results = calls[name](...symbols) as Structure<KerasTensor>;
      expect(leaves(results).every((result) => result instanceof KerasTensor)).toBe(true);
      const built = new Model<Structure<KerasTensor>>({ inputs: symbols, outputs: results });
      expect(operationsIn(JSON.parse(built.toJSON()))).toEqual(operationsIn(model));
      for (const made of [built, models.modelFromJSON<Structure<KerasTensor>>(JSON.stringify(model))])
        expectClose(
          (await made.predictOnBatch(xs as readonly TensorLike[] as Tensor[])) as Structure<Tensor>,
          outputs,
        );
    });
  }
});
