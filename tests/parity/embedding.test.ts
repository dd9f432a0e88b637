import { Input, layers, ops, Sequential, type Tensor, tensor, type Variable, valueAndGrad } from "keratin";
import { describe, expect, it } from "vitest";

// tests/golden/ops/taking.json has Keras's own numbers for `ops.take`; Keras's layer is `ops.take` of its weights

const weights = tensor([
  [0, 1],
  [2, 3],
  [4, 5],
]);
const outside = tensor([[0, -1, -3, -4, 2, 3, 7]], undefined, "int32");
const nan = [Number.NaN, Number.NaN];
const expected = [[0, 1], [4, 5], [0, 1], nan, [4, 5], nan, nan];

function embedding() {
  const layer = new layers.Embedding(3, 2);
  const model = new Sequential([Input([7], { dtype: "int32" }), layer]);
  layer.setWeights([weights]);
  return { layer, model };
}

describe("Embedding with numbers that it has no vector for", () => {
  it("counts negative ones from the end and gives NaN for others, as Keras on JAX", async () => {
    const { model, layer } = embedding();
    expect((await model.predict(outside, { verbose: 0 })).toArray()).toEqual([expected]);
    expect(ops.take(layer.embeddings, outside, 0).toArray()).toEqual([expected]);
  });

  it("gives gradients to the rows that were there", () => {
    const { layer } = embedding();
    const shares = ops.reshape(ops.arange(14), [1, 7, 2]).astype("float32");
    const [, gradient] = valueAndGrad((_: Variable) => {
      const found = layer.apply(outside) as Tensor;
      return ops.where(ops.isnan(found), 0, found).mul(shares).sum();
    })(layer.embeddings);
    expect(gradient.toArray()).toEqual([
      [4, 6],
      [0, 0],
      [10, 12],
    ]);
  });
});
