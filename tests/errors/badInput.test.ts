import {
  callbacks,
  Input,
  layers,
  metrics,
  ops,
  optimizers,
  Sequential,
  type Tensor,
  tensor,
  utils,
} from "keratin";
import { beforeEach, describe, expect, it, vi } from "vitest";

// Each case: what somebody does by mistake, and the message that has to say what was wrong, where, and what to do.

beforeEach(() => {
  utils.clearSession();
  utils.setRandomSeed(1);
});

const x = tensor(Array.from({ length: 8 }, (_, i) => [i, 1, 2, 3]));
const y = tensor([0, 1, 2, 0, 1, 2, 0, 1], undefined, "int32");

function classifier(loss: "mse" | "sparse_categorical_crossentropy" = "sparse_categorical_crossentropy") {
  const model = new Sequential([Input([4]), new layers.Dense(3, { activation: "softmax" })]);
  model.compile({ optimizer: "adam", loss, metrics: ["accuracy"] });
  return model;
}

/** What a JavaScript program might pass although the types forbid it. */
const untyped = (value: unknown) => value as never;

async function messageOf(mistake: () => unknown): Promise<string> {
  try {
    await mistake();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

function refuses(cases: readonly (readonly [string, () => unknown, string])[]): void {
  it.each(cases)("%s", async (_, mistake, message) => {
    expect(await messageOf(mistake)).toContain(message);
  });
}

describe("unknown names suggest the nearest", () => {
  refuses([
    [
      "activation",
      () => new layers.Dense(3, { activation: untyped("rellu") }),
      'Could not interpret activation function identifier: "rellu". Did you mean "relu"?',
    ],
    [
      "initializer",
      () => new layers.Dense(3, { kernelInitializer: untyped("glorot_unifrm") }),
      "Unknown initializer: 'glorot_unifrm'. Did you mean \"glorot_uniform\"?",
    ],
    [
      "loss",
      () => classifier().compile({ loss: untyped("sparse_crossentropy") }),
      "Unknown loss: 'sparse_crossentropy'. Did you mean \"sparse_categorical_crossentropy\"?",
    ],
    [
      "optimizer",
      () => classifier().compile({ optimizer: untyped("adamm") }),
      "Unknown optimizer: 'adamm'. Did you mean \"adam\"?",
    ],
    [
      "metric",
      () => classifier().compile({ metrics: [untyped("acuracy")] }),
      "Unknown metric: 'acuracy'. Did you mean \"accuracy\"?",
    ],
    [
      "padding",
      () => new layers.Conv2D(3, 3, { padding: untyped("vaild") }),
      "expected one of 'valid', 'same'. Received: padding=\"vaild\". Did you mean \"valid\"?",
    ],
    ["layer", () => classifier().getLayer("dens"), 'No such layer: "dens". Existing layers are: dense.'],
    [
      "option of compile",
      () => classifier().compile(untyped({ optimiser: "adam" })),
      'compile: There is no option `optimiser`. Did you mean "optimizer"?',
    ],
    [
      "option of fit",
      () => classifier().fit(x, y, untyped({ epoch: 3 })),
      'fit: There is no option `epoch`. Did you mean "epochs"?',
    ],
    [
      "option of evaluate",
      () => classifier().evaluate(x, y, untyped({ batch_size: 3 })),
      'evaluate: There is no option `batch_size`. Did you mean "batchSize"?',
    ],
    [
      "option of predict",
      () => classifier().predict(x, untyped({ epochs: 3 })),
      'predict: There is no option `epochs`. Expected one of "batchSize", "verbose", "callbacks" or "steps".',
    ],
  ]);
});

describe("arguments out of range", () => {
  const fit = (options: object) => () => classifier().fit(x, y, options);
  refuses([
    ["no epochs", fit({ epochs: 0 }), "`epochs` to be an integer of at least 1. Received: epochs=0"],
    ["epochs as text", fit({ epochs: "3" }), '`epochs` to be an integer of at least 1. Received: epochs="3"'],
    ["half an epoch", fit({ epochs: 0.5 }), "Received: epochs=0.5"],
    ["no batch", fit({ batchSize: 0 }), "`batchSize` to be an integer of at least 1. Received: batchSize=0"],
    ["batch size NaN", fit({ batchSize: Number.NaN }), "Received: batchSize=NaN"],
    ["all for validation", fit({ validationSplit: 1 }), "`validationSplit` to be from 0 to below 1"],
    ["split below 0", fit({ validationSplit: -0.2 }), "Received: validationSplit=-0.2"],
    [
      "nothing to train on",
      fit({ validationSplit: 0.95 }),
      "Training data contains 8 samples, which is not sufficient",
    ],
    ["verbose", fit({ verbose: 3 }), 'Expected `verbose` to be 0, 1, 2 or "auto". Received: verbose=3'],
    ["a callback that is none", fit({ callbacks: [{}] }), "must be an instance of callbacks.Callback"],
    ["class weights that are none", fit({ classWeight: "balanced" }), 'Received: classWeight="balanced"'],
    [
      "rate",
      () => new layers.Dropout(1.5),
      "`rate` in layer 'dropout'. Expected a float value between 0 and 1. Received: rate=1.5",
    ],
    ["rate as text", () => new layers.Dropout(untyped("0.5")), 'Received: rate="0.5"'],
    [
      "units",
      () => new layers.Dense(0),
      "`units` in layer dense, expected a positive integer. Received: units=0",
    ],
    ["filters", () => new layers.Conv2D(-1, 3), "`filters` in layer conv2d, expected a positive integer"],
    ["kernel size", () => new layers.Conv2D(3, [3, 0]), "`kernel_size` argument of layer conv2d must be"],
    ["pool size", () => new layers.MaxPooling2D(0), "`pool_size` argument of layer max_pooling2d must be"],
    [
      "shape of the input",
      () => Input([28, 0]),
      "Argument `shape` of Input must be an array of positive integers",
    ],
    [
      "learning rate",
      () => new optimizers.Adam({ learningRate: -1 }),
      "`learning_rate` should be a non-negative float. Received: learning_rate=-1",
    ],
    ["seed", () => utils.setRandomSeed(-1), "`seed` to be an integer from 0 to 2**32 - 1. Received: seed=-1"],
  ]);
});

describe("layers that do not fit", () => {
  const stack =
    (...list: ConstructorParameters<typeof Sequential>[0] & {}) =>
    () =>
      new Sequential(list);
  refuses([
    [
      "a kernel larger than the image",
      stack(Input([4, 4, 1]), new layers.Conv2D(3, 5, { name: "big" })),
      "Computed output size would be negative or zero in layer 'big'",
    ],
    [
      "a pool larger than what is left",
      stack(Input([4, 4, 1]), new layers.Conv2D(3, 3), new layers.MaxPooling2D(4, { name: "pool" })),
      "in layer 'pool' ((None, 2, 2, 3) with pool_size=[4,4]): a window of 4 does not fit an axis of size 2",
    ],
    [
      "a convolution without channels",
      stack(Input([28, 28]), new layers.Conv2D(3, 5, { name: "conv" })),
      "Input 0 of layer 'conv' is incompatible with the layer: expected min_ndim=4, found ndim=3. Full shape received: (None, 28, 28)",
    ],
    [
      "a shape of another size",
      stack(Input([28, 28]), new layers.Reshape([10, 10], { name: "shape" })),
      "The total size of the tensor must be unchanged. Received: layer 'shape' with input_shape=(28, 28)",
    ],
    [
      "no layers",
      () => new Sequential([]).build([null, 4]),
      "Sequential model 'sequential' cannot be built because it has no layers",
    ],
    [
      "something that is no layer",
      () => new Sequential([untyped({})]),
      "Only instances of Layer can be added",
    ],
    [
      "two layers of one name",
      stack(Input([4]), new layers.Dense(3, { name: "a" }), new layers.Dense(3, { name: "a" })),
      "should have unique names. Name 'a' is already the name of a layer",
    ],
  ]);
});

describe("a model that is not compiled", () => {
  const model = () => new Sequential([Input([4]), new layers.Dense(3)]);
  refuses([
    [
      "fit",
      () => model().fit(x, y),
      "You must call `compile()` before calling `fit()` on model 'sequential'",
    ],
    ["evaluate", () => model().evaluate(x, y), "You must call `compile()` before calling `evaluate()`"],
    [
      "trainOnBatch",
      () => model().trainOnBatch(x, y),
      "You must call `compile()` before calling `trainOnBatch()`",
    ],
  ]);
});

describe("data that do not fit", () => {
  const noSamples = ops.zeros([0, 4]);
  const changed = (row: number, value: number) => {
    const data = Float32Array.from(x.data);
    data[row * 4 + 1] = value;
    return tensor(data, [8, 4]);
  };
  const labels = (sample: number, value: number) =>
    tensor(Float32Array.from(y.data, (label, i) => (i === sample ? value : label)));
  /** The samples in two batches of four. */
  const batches = (ys: Tensor) => () =>
    [0, 4].map((start) => [x.slice([start], [4]), ys.slice([start], [4])] as const)[Symbol.iterator]();
  const fit = (xs: unknown, ys: unknown = y, options = {}) => {
    return () => classifier().fit(untyped(xs), untyped(ys), { verbose: 0, ...options });
  };
  refuses([
    [
      "x and y of different length",
      fit(x, [0, 1]),
      "Make sure all arrays contain the same number of samples. 'x' sizes: 8, 'y' sizes: 2",
    ],
    [
      "the same in evaluate",
      () => classifier().evaluate(x, [0, 1]),
      "evaluate: Data cardinality is ambiguous",
    ],
    [
      "sample weights of another length",
      fit(x, y, { sampleWeight: [1, 2] }),
      "`sampleWeight` must have one number for each of 8 samples. Received: shape (2,)",
    ],
    ["samples of another shape", fit([[1, 2]], [0]), "expected shape=(None, 4), found shape=(None, 2)"],
    ["the first layer's name", () => classifier().predict([[1, 2]]), "'dense'"],
    [
      "a layer called with another shape",
      () => {
        const layer = new layers.Dense(3, { name: "head" });
        layer.build([null, 4]);
        return layer.apply([[1, 2]]);
      },
      "Input 0 of layer 'head' is incompatible with the layer: expected axis -1 of input shape to have value 4, but received input with shape (1, 2)",
    ],
    [
      "text",
      fit([["a", "b", "c", "d"]], [0]),
      'fit: `x` cannot be made a tensor. Expected numbers or booleans, or arrays of them. Received: "a" at depth 2.',
    ],
    [
      "rows of different length",
      fit([[1, 2, 3, 4], [1]], [0, 1]),
      "fit: `x` cannot be made a tensor. Expected nested arrays of equal lengths",
    ],
    [
      "null",
      fit(null),
      "fit: `x` cannot be made a tensor. Expected numbers or booleans, or arrays of them. Received: null.",
    ],
    ["no labels", () => classifier().fit(x, untyped(undefined)), "fit: labels `y` are needed"],
    [
      "no samples",
      fit(noSamples, ops.zeros([0])),
      "fit: the data are empty. Expected at least one sample in `x`. Received: x of shape (0, 4)",
    ],
    ["no samples to predict", () => classifier().predict(noSamples), "predict: the data are empty"],
    ["NaN in x", fit(changed(5, Number.NaN)), "fit: `x` holds NaN in sample 5. Expected finite numbers"],
    ["infinity in x", fit(changed(2, Number.POSITIVE_INFINITY)), "fit: `x` holds Infinity in sample 2"],
    [
      "NaN in x to predict",
      () => classifier().predict(changed(7, Number.NaN)),
      "predict: `x` holds NaN in sample 7",
    ],
    ["NaN in y", () => classifier("mse").fit(x, labels(3, Number.NaN)), "fit: `y` holds NaN in sample 3"],
    [
      "NaN in sample weights",
      fit(x, y, { sampleWeight: [1, 1, Number.NaN, 1, 1, 1, 1, 1] }),
      "fit: `sampleWeight` holds NaN in sample 2",
    ],
    ["NaN in class weights", fit(x, y, { classWeight: { 0: Number.NaN } }), "a finite number for each class"],
    [
      "a label too large",
      fit(x, labels(6, 3)),
      "fit: label 3 of sample 6 is outside of the classes: the model has 3 outputs, so labels must be integers from 0 to 2",
    ],
    ["a label below 0", fit(x, labels(0, -1)), "fit: label -1 of sample 0 is outside of the classes"],
    ["half a label", fit(x, labels(4, 0.5)), "fit: label 0.5 of sample 4 is outside of the classes"],
    [
      "a label for validation",
      fit(x, y, { validationData: [x, labels(1, 9)] }),
      "fit (validationData): label 9 of sample 1 is outside",
    ],
    [
      "a label in a later batch of a generator",
      () => classifier().fit(batches(labels(6, 3)), untyped({ verbose: 0 })),
      "fit: label 3 of sample 2 is outside of the classes: the model has 3 outputs",
    ],
    [
      "a label in a later batch of an evaluation",
      () => classifier().evaluate(batches(labels(7, -1)), { verbose: 0 }),
      "evaluate: label -1 of sample 3 is outside of the classes",
    ],
    [
      "a label in a later batch for validation",
      () => classifier().fit(x, y, { validationData: batches(labels(4, 9)), verbose: 0 }),
      "fit (validationData): label 9 of sample 0 is outside of the classes",
    ],
    [
      "one-hot labels for integers",
      fit(x, ops.oneHot(y, 3)),
      'For one-hot labels use loss="categorical_crossentropy"',
    ],
    [
      "integers for one-hot labels",
      () => {
        const model = classifier();
        model.compile({ loss: "categorical_crossentropy" });
        return model.fit(x, y);
      },
      'For integer labels use loss="sparse_categorical_crossentropy"',
    ],
    [
      "targets of another width",
      () => classifier("mse").fit(x, ops.zeros([8, 5])),
      "mean_squared_error: `y_true` and `y_pred` must have the same shape. Received: y_true.shape=(8, 5), y_pred.shape=(8, 3)",
    ],
  ]);

  it("is refused before a weight has changed", async () => {
    const model = classifier();
    const before = model.getWeights().map((weight) => weight.toArray());
    await messageOf(() => model.fit(x, labels(7, 3), { batchSize: 1, verbose: 0 }));
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual(before);
  });
});

describe("setWeights", () => {
  const zeros = (...shapes: number[][]): Tensor[] => shapes.map((shape) => ops.zeros(shape));

  it.each<[string, Tensor[], string]>([
    [
      "another number of weights",
      zeros([4, 3]),
      "with a weight list of length 1, but the layer was expecting 2 weights",
    ],
    [
      "a weight of another shape",
      zeros([4, 3], [4]),
      "weight shape (3,) (of 'sequential/dense/bias') is not compatible with provided weight shape (4,)",
    ],
  ])("refuses %s and changes nothing", async (_, values, message) => {
    const model = classifier();
    const before = model.getWeights().map((weight) => weight.toArray());
    expect(await messageOf(() => model.setWeights(values))).toContain(message);
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual(before);
  });
});

describe("a loss that becomes NaN", () => {
  /** Finite data whose squares are not. */
  function diverging() {
    const model = new Sequential([Input([1]), new layers.Dense(1)]);
    model.compile({
      optimizer: new optimizers.SGD({ learningRate: 1 }),
      loss: "mse",
      metrics: [new metrics.MeanSquaredError()],
    });
    return { model, x: ops.full([320, 1], 1e18), y: ops.zeros([320, 1]) };
  }

  it("is shown as nan, as in Keras", async () => {
    const { model, x, y } = diverging();
    const printed: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed.push(String(text));
      return true;
    });
    const { history } = await model.fit(x, y, { epochs: 2, verbose: 2 }).finally(() => write.mockRestore());
    expect(history.loss[1]).toBeNaN();
    expect(printed.join("")).toMatch(/ - loss: nan - mean_squared_error: nan\n$/);
  });

  it("ends training at once with TerminateOnNaN", async () => {
    const { model, x, y } = diverging();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const steps: number[] = [];
    class Steps extends callbacks.Callback {
      override onTrainBatchEnd(batch: number) {
        steps.push(batch);
      }
    }
    const { history } = await model
      .fit(x, y, { epochs: 5, verbose: 0, callbacks: [new callbacks.TerminateOnNaN(), new Steps()] })
      .finally(() => warn.mockRestore());
    expect(steps.length).toBeLessThan(10);
    expect(history.loss).toHaveLength(1);
    expect(Number.isFinite(history.loss[0])).toBe(false);
  });
});
