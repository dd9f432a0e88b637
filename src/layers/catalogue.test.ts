import { layers, ops, type Tensor, tensor } from "keratin";
import { describe, expect, it } from "vitest";

const data = (t: { toArray(): unknown }) => t.toArray();

describe("merging as functions", () => {
  const x = tensor([[1, 2]]);
  const y = tensor([[3, -4]]);
  it("makes a layer and applies it", () => {
    expect(data(layers.add([x, y]))).toEqual([[4, -2]]);
    expect(data(layers.subtract([x, y]))).toEqual([[-2, 6]]);
    expect(data(layers.multiply([x, y]))).toEqual([[3, -8]]);
    expect(data(layers.average([x, y]))).toEqual([[2, -1]]);
    expect(data(layers.maximum([x, y]))).toEqual([[3, 2]]);
    expect(data(layers.minimum([x, y]))).toEqual([[1, -4]]);
    expect(data(layers.concatenate([x, y], { axis: 1 }))).toEqual([[1, 2, 3, -4]]);
    expect(data(layers.dot([x, y]))).toEqual([[-5]]);
  });

  it("says what does not fit", () => {
    expect(() => layers.subtract([x, y, x])).toThrow("exactly 2 inputs");
    expect(() => layers.add([x, tensor([[1, 2, 3]])])).toThrow("incompatible shapes");
    expect(() =>
      layers.add([
        x,
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ]),
    ).toThrow("different batch sizes");
    expect(() => layers.dot([x, tensor([[1, 2, 3]])])).toThrow("axis values 2 (at axis 1) != 3 (at axis 1)");
    expect(() => new layers.Dot({ axes: [1, 2, 3] as unknown as [number, number] })).toThrow("axes=[1,2,3]");
  });
});

describe("Normalization learns from data", () => {
  const x = tensor([
    [1, 10],
    [2, 20],
    [3, 60],
    [6, 30],
  ]);
  it("takes mean and variance of all samples, at once or batch by batch", () => {
    const whole = new layers.Normalization();
    whole.adapt(x);
    const batches = new layers.Normalization();
    batches.adapt([x.slice(0, 3), x.slice(3, 1)]);
    for (const layer of [whole, batches]) {
      const [mean, variance, count] = layer.getWeights();
      expect(data(mean)).toEqual([3, 30]);
      expect(Array.from(variance.data, (v) => Math.round(v * 1e4) / 1e4)).toEqual([3.5, 350]);
      expect([count.dtype, count.item()]).toEqual(["int32", 0]);
      expect(ops.mean(layer.apply(x), 0).data.every((v) => Math.abs(v) < 1e-6)).toBe(true);
    }
    const back = new layers.Normalization({ invert: true });
    back.adapt(x);
    const again = back.apply(whole.apply(x));
    for (const [i, v] of x.data.entries()) expect(Math.abs(again.data[i] - v)).toBeLessThan(1e-5);
  });

  it("refuses what makes no sense", () => {
    expect(() => new layers.Normalization({ mean: 1 })).toThrow("both `mean` and `variance` must be set");
    expect(() => new layers.Normalization({ mean: [1, 2], variance: [1] })).toThrow("same shape");
    expect(() => new layers.Normalization({ mean: [1, 2], variance: [1, 2] }).adapt(x)).toThrow(
      "nothing to adapt",
    );
    expect(() => new layers.Normalization().adapt([])).toThrow("at least one batch");
    const layer = new layers.Normalization();
    layer.adapt(x);
    expect(() => layer.adapt(tensor([[1, 2, 3]]))).toThrow("incompatible shape (1, 3)");
  });
});

describe("arguments that do not fit are explained", () => {
  const image = ops.zeros([1, 4, 4, 3]);
  for (const [make, message] of [
    [
      () => new layers.Conv2DTranspose(2, 3, { strides: 2, outputPadding: 2 }),
      "strictly less than `strides`",
    ],
    [() => new layers.Conv2D(2, 3, { padding: "causal" as "same" }), "expected one of 'valid', 'same'"],
    [() => new layers.Conv2D(3, 3, { groups: 2 }), "evenly divisible by the number of groups"],
    [() => new layers.Conv2D(2, 3, { groups: 2 }).apply(image), "groups=2, but the input has 3 channels"],
    [() => new layers.DepthwiseConv2D(3, { depthMultiplier: 0 }), "expected a positive integer"],
    [() => new layers.SeparableConv1D(3, 2).apply(image), "found ndim=4"],
    [() => new layers.Conv2D(3, 5).apply(image), "Computed output size would be negative or zero"],
    [() => new layers.MaxPooling3D().apply(image), "expected ndim=5, found ndim=4"],
    [() => new layers.GlobalMaxPooling1D().apply(image), "expected ndim=3, found ndim=4"],
    [() => new layers.Cropping2D(2).apply(image), "smaller than the corresponding spatial dimension"],
    [() => new layers.ZeroPadding2D([1, -1]), "integer of at least 0, 2 of them, or 2 pairs"],
    [() => new layers.Permute([0, 1]), "start from 1"],
    [() => new layers.RepeatVector(0), "expected a positive integer"],
    [() => new layers.UpSampling2D(2, { interpolation: "cubic" as "bicubic" }), 'Did you mean "bicubic"'],
    [() => new layers.GaussianNoise(1.5), "stddev=1.5"],
    [() => new layers.SpatialDropout2D(-1), "rate=-1"],
    [
      () => new layers.GroupNormalization({ groups: 2 }).apply(image),
      "must divide the number of channels (3)",
    ],
    [() => new layers.EinsumDense("ab,bc", 3), "Invalid einsum equation"],
    [
      () => new layers.EinsumDense("ab,bc->ac", 3, { biasAxes: "z" }).apply(tensor([[1, 2]])),
      "not part of the output",
    ],
    [() => new layers.Resizing(2, 2, { cropToAspectRatio: true, padToAspectRatio: true }), "Only one of"],
    [() => new layers.CategoryEncoding({ numTokens: 0 }), "num_tokens"],
    [() => new layers.Activation("glu").apply(tensor([[1, 2, 3]])), "even size"],
  ] as const) {
    it(message, () => expect(make).toThrow(message));
  }
});

describe("recurrent layers", () => {
  const x = ops.reshape(ops.arange(24), [2, 4, 3]).mul(0.1);

  it("say by their options what they give", () => {
    expect(new layers.LSTM(5).apply(x).shape).toEqual([2, 5]);
    expect(new layers.GRU(5, { returnSequences: true }).apply(x).shape).toEqual([2, 4, 5]);
    const [y, h, c] = new layers.LSTM(5, { returnState: true }).apply(x);
    expect(data(y)).toEqual(data(h as typeof y));
    expect((c as typeof y).shape).toEqual([2, 5]);
  });

  it("a stateful layer goes on where it stopped, until it is reset", () => {
    const layer = new layers.LSTM(3, { stateful: true, returnSequences: true });
    const whole = layer.apply(x);
    layer.resetState();
    const first = layer.apply(x.slice([0, 0, 0], [2, 2, 3]));
    const second = layer.apply(x.slice([0, 2, 0], [2, 2, 3]));
    expect(data(ops.concatenate([first, second], 1))).toEqual(data(whole));
    expect(layer.weights.length).toBe(3);
    expect(() => layer.apply(x.slice(0, 1))).toThrow("expected batch size: 2");
  });

  it("states of one layer start another", () => {
    const encoder = new layers.GRU(3, { returnState: true });
    const decoder = new layers.GRU(3, { returnSequences: true });
    const [, state] = encoder.apply(x);
    const fresh = decoder.apply(x);
    expect(data(decoder.apply(x, { initialState: [state] }))).not.toEqual(data(fresh));
  });

  it("a cell of one's own is repeated", () => {
    class Sum extends layers.Layer {
      readonly stateSize = 3;
      override call(step: Tensor, { states }: layers.CellCallOptions): [Tensor, Tensor[]] {
        const sum = ops.add(step, states[0] as Tensor);
        return [sum, [sum]];
      }
    }
    const y = new layers.RNN(new Sum(), { returnSequences: true }).apply(ops.ones([1, 3, 3]));
    expect(data(y)).toEqual([
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
      ],
    ]);
  });

  it("explain what does not fit", () => {
    expect(() => new layers.LSTM(0)).toThrow("units=0");
    expect(() => new layers.LSTM(3).apply(tensor([[1, 2]]))).toThrow(
      "expected ndim=3 (batch, steps, features)",
    );
    expect(() => new layers.RNN(new layers.Dense(3) as never)).toThrow("stateSize");
    const forward = new layers.LSTM(3);
    expect(() => new layers.Bidirectional(forward, { backwardLayer: new layers.LSTM(3) })).toThrow(
      "go_backwards",
    );
    expect(() => new layers.LSTM(3).apply(x, { initialState: [x.at(0)] })).toThrow("has 2 states");
    expect(() => new layers.TimeDistributed(new layers.Dense(2)).apply(tensor([[1, 2]]))).toThrow(
      "at least 3 dimensions",
    );
    expect(() => new layers.LSTM(3).resetState()).toThrow("must be stateful");
    expect(() => layers.TimeDistributed.fromConfig({ layer: { class_name: "Dense", config: {} } })).toThrow(
      "layers.deserialize",
    );
  });
});

describe("configurations", () => {
  it("make layers of the class that they are given to, also of users' classes", () => {
    class Wide extends layers.Dense {}
    const made = Wide.fromConfig(new Wide(3, { activation: "relu", name: "wide" }).getConfig());
    expect(made).toBeInstanceOf(Wide);
    expect(made.getConfig()).toEqual(new layers.Dense(3, { activation: "relu", name: "wide" }).getConfig());
    expect(made.dtype).toBe("float32");
    class Recurrent extends layers.LSTM {}
    expect(Recurrent.fromConfig(new Recurrent(3).getConfig())).toBeInstanceOf(Recurrent);
  });
});

describe("attention", () => {
  const x = ops.reshape(ops.arange(24), [2, 4, 3]).mul(0.1);

  it("leaves out values that an embedding masks", () => {
    const words = new layers.Embedding(5, 4, { maskZero: true });
    const attention = new layers.MultiHeadAttention(2, 2);
    const short = words.apply(tensor([[1, 2]], [1, 2], "int32"));
    const padded = words.apply(tensor([[1, 2, 0, 0]], [1, 4], "int32"));
    const expected = attention.apply(short, { value: short }) as Tensor;
    const found = attention.apply(padded, { value: padded }) as Tensor;
    for (const [i, v] of expected.data.entries()) expect(Math.abs(found.data[i] - v)).toBeLessThan(1e-6);
  });

  it("explains what does not fit", () => {
    expect(() => new layers.MultiHeadAttention(0, 2)).toThrow("num_heads=0");
    expect(() => new layers.MultiHeadAttention(2, 2).apply(x)).toThrow("needs a value");
    expect(() => new layers.MultiHeadAttention(2, 2, { slidingWindow: 0 })).toThrow("sliding_window=0");
    expect(() => new layers.GroupQueryAttention(2, 3, 2)).toThrow("must be divisible");
    expect(() => new layers.Attention().apply([x])).toThrow("[query, value]");
    expect(() => ops.dotProductAttention(x, x, x)).toThrow("4D inputs");
  });
});
