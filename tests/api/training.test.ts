import {
  callbacks,
  compile,
  Input,
  Layer,
  Loss,
  layers,
  losses,
  metrics,
  ops,
  optimizers,
  type PartialShape,
  random,
  Sequential,
  setThreads,
  type Tensor,
  tensor,
  utils,
  type Variable,
  valueAndGrad,
} from "keratin";
import { beforeEach, describe, expect, it } from "vitest";

// What programs outside of this repository rely on; written as one of them.

beforeEach(() => {
  utils.clearSession();
  utils.setRandomSeed(1);
});

/** y = scale · x + shift, with a count of calls in training. */
class Affine extends Layer {
  scale!: Variable;
  shift!: Variable;
  calls!: Variable;
  override build(inputShape: PartialShape): void {
    const size = inputShape[inputShape.length - 1] as number;
    this.scale = this.addWeight({ name: "scale", shape: [size], initializer: "ones" });
    this.shift = this.addWeight({ name: "shift", shape: [size], initializer: "zeros" });
    this.calls = this.addWeight({ name: "calls", shape: [], initializer: "zeros", trainable: false });
  }
  override call(x: Tensor, { training }: { training: boolean }): Tensor {
    if (training) this.calls.assignAdd(1);
    return ops.add(ops.multiply(x, this.scale), this.shift);
  }
}

/** |error|^p */
class PowerLoss extends Loss {
  constructor(readonly exponent: number) {
    super({ name: "power" });
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return ops.mean(ops.power(ops.abs(ops.subtract(yTrue, yPred)), this.exponent), -1);
  }
}

/** Points of y = 3x − 1. */
function line(): { x: Tensor; y: Tensor } {
  const x = tensor(
    Array.from({ length: 64 }, (_, i) => i / 32 - 1),
    [64, 1],
  );
  return { x, y: x.mul(3).sub(1) };
}

describe("layers", () => {
  it("build, apply, weights, trainableVariables, nonTrainableVariables", () => {
    const layer = new Affine();
    layer.build([null, 2]);
    const described = (variables: readonly Variable[]) => variables.map(({ path, shape }) => [path, shape]);
    expect(described(layer.trainableVariables)).toEqual([
      ["affine/scale", [2]],
      ["affine/shift", [2]],
    ]);
    expect(described(layer.nonTrainableVariables)).toEqual([["affine/calls", []]]);
    expect(layer.weights).toHaveLength(3);
    layer.weights[1].assign([10, 20]);
    expect(layer.apply([[1, 2]]).toArray()).toEqual([[11, 22]]);
    layer.apply([[1, 2]], { training: true });
    expect(layer.calls.value.item()).toBe(1);
    layer.trainable = false;
    expect([layer.trainableVariables.length, layer.nonTrainableVariables.length]).toEqual([0, 3]);
  });

  it("statelessCall computes with what it is given and changes nothing", () => {
    const layer = new Affine();
    layer.build([null, 1]);
    const [trainable, nonTrainable] = [[tensor([2]), tensor([5])], [tensor(7)]];
    const [outputs, updated] = layer.statelessCall(trainable, nonTrainable, tensor([[1]]), {
      training: true,
    });
    expect(outputs.toArray()).toEqual([[7]]);
    expect(updated.map((t) => t.item())).toEqual([8]);
    expect(layer.weights.map((v) => v.value.toArray())).toEqual([[1], [0], 0]);
    const [, same] = layer.statelessCall(trainable, nonTrainable, tensor([[1]]), { training: false });
    expect(same[0].item()).toBe(7);
  });

  it("getConfig is Keras's dictionary", () => {
    const config = new layers.Dense(3, { activation: "relu", kernelInitializer: "he_normal" }).getConfig();
    expect(config).toMatchObject({ units: 3, activation: "relu", use_bias: true, kernel_regularizer: null });
    expect(config.kernel_initializer).toMatchObject({ class_name: "HeNormal" });
    expect(new optimizers.Adam({ beta1: 0.8 }).getConfig()).toMatchObject({
      beta_1: 0.8,
      weight_decay: null,
    });
    expect(new losses.CategoricalCrossentropy().getConfig()).toMatchObject({ from_logits: false });
  });
});

describe("losses and metrics", () => {
  it("loss.apply(yTrue, yPred, { sampleWeight }): weights do not change the divisor", () => {
    const loss = new losses.MeanSquaredError();
    const [yTrue, yPred] = [tensor([[0], [0]]), tensor([[1], [3]])];
    expect(loss.apply(yTrue, yPred).item()).toBe(5);
    expect(loss.apply(yTrue, yPred, { sampleWeight: tensor([1, 0]) }).item()).toBe(0.5);
    expect(new losses.MeanSquaredError({ reduction: "none" }).apply(yTrue, yPred).toArray()).toEqual([1, 9]);
    expect(new PowerLoss(3).apply(yTrue, yPred).item()).toBe(14);
  });

  it("metrics: updateState, result, resetState", () => {
    const accuracy = new metrics.SparseCategoricalAccuracy();
    accuracy.updateState(
      [1, 0],
      [
        [0.2, 0.8],
        [0.4, 0.6],
      ],
    );
    expect(accuracy.result().item()).toBe(0.5);
    accuracy.resetState();
    expect(accuracy.result().item()).toBe(0);
  });
});

describe("training", () => {
  it("a loop of one's own, compiled: optimizer.apply(gradients, variables)", () => {
    const { x, y } = line();
    const layer = new Affine();
    layer.build([null, 1]);
    const loss = new PowerLoss(2);
    const optimizer = new optimizers.SGD({ learningRate: 0.1, momentum: 0.9 });
    const variables = layer.trainableVariables;
    let traces = 0;
    const step = compile((inputs: Tensor, labels: Tensor) => {
      traces++;
      const lossOf = (_: readonly Variable[]) =>
        loss.apply(labels, layer.apply(inputs, { training: true }) as Tensor);
      const [value, gradients] = valueAndGrad(lossOf)(variables);
      optimizer.apply(gradients, variables);
      return value;
    });
    const first = step(x, y).item();
    let last = first;
    for (let i = 0; i < 200; i++) last = step(x, y).item();
    expect(first).toBeGreaterThan(1);
    expect(last).toBeLessThan(1e-6);
    expect(traces).toBe(1);
    expect(layer.calls.value.item()).toBe(201);
    expect(optimizer.iterations.value.item()).toBe(201);
    expect(layer.scale.value.item()).toBeCloseTo(3, 3);
    expect(layer.shift.value.item()).toBeCloseTo(-1, 3);
  });

  it("the same step without valueAndGrad over variables: statelessCall and tensors", () => {
    const { x, y } = line();
    const layer = new Affine();
    layer.build([null, 1]);
    const loss = new losses.MeanSquaredError();
    const stateless = (trainable: readonly Tensor[], nonTrainable: readonly Tensor[]): [Tensor, Tensor[]] => {
      const [yPred, updated] = layer.statelessCall(trainable, nonTrainable, x, { training: true });
      return [loss.apply(y, yPred as Tensor), updated];
    };
    const values = (variables: readonly Variable[]) => variables.map((v) => v.value);
    const [trainable, nonTrainable] = [layer.trainableVariables, layer.nonTrainableVariables];
    const [[value, updated], gradients] = valueAndGrad(stateless)(values(trainable), values(nonTrainable));
    expect(updated[0].item()).toBe(1);
    const optimizer = new optimizers.Adam({ learningRate: 0.5 });
    optimizer.apply(gradients, trainable);
    const [[after]] = valueAndGrad(stateless)(values(trainable), values(nonTrainable));
    expect(after.item()).toBeLessThan(value.item());
  });

  it("fit with a layer and a loss of one's own; callbacks see running means", async () => {
    const { x, y } = line();
    const called: string[] = [];
    const means: number[] = [];
    class Spy extends callbacks.Callback {
      override onTrainBegin = () => void called.push("onTrainBegin");
      override onEpochBegin = (epoch: number) => void called.push(`onEpochBegin ${epoch}`);
      override onTrainBatchEnd(batch: number, logs: callbacks.Logs = {}): void {
        called.push(`onTrainBatchEnd ${batch}`);
        means.push(logs.loss);
      }
      override onEpochEnd = (epoch: number) => void called.push(`onEpochEnd ${epoch}`);
      override onTrainEnd = () => void called.push("onTrainEnd");
    }
    const model = new Sequential([Input([1]), new Affine()]);
    model.compile({ optimizer: new optimizers.SGD({ learningRate: 0 }), loss: new PowerLoss(2) });
    const history = await model.fit(x, y, {
      epochs: 2,
      batchSize: 32,
      shuffle: false,
      verbose: 0,
      callbacks: [new Spy()],
    });
    const epoch = (e: number) => [
      `onEpochBegin ${e}`,
      "onTrainBatchEnd 0",
      "onTrainBatchEnd 1",
      `onEpochEnd ${e}`,
    ];
    expect(called).toEqual(["onTrainBegin", ...epoch(0), ...epoch(1), "onTrainEnd"]);
    const lossOf = (from: number) => new PowerLoss(2).apply(y.slice(from, 32), x.slice(from, 32)).item();
    expect(means[0]).toBeCloseTo(lossOf(0), 5);
    expect(means[1]).toBeCloseTo((lossOf(0) + lossOf(32)) / 2, 5);
    expect(history.history.loss).toEqual([means[1], means[3]]);
  });

  it("a function as loss and as metric", async () => {
    const { x, y } = line();
    const distance = (yTrue: Tensor, yPred: Tensor) => ops.mean(ops.abs(ops.subtract(yTrue, yPred)), -1);
    const model = new Sequential([Input([1]), new layers.Dense(1)]);
    model.compile({ optimizer: "adam", loss: distance, metrics: [distance, "mse"] });
    const { history } = await model.fit(x, y, { epochs: 1, verbose: 0 });
    expect(Object.keys(history).sort()).toEqual(["distance", "loss", "mse"]);
    expect(history.distance[0]).toBeCloseTo(history.loss[0], 5);
  });
});

describe("the session", () => {
  it("clearSession restarts names, setRandomSeed the numbers; setThreads takes a count", () => {
    const weights = () => {
      utils.clearSession();
      utils.setRandomSeed(3);
      const layer = new layers.Dense(2);
      layer.build([null, 3]);
      return [layer.name, layer.weights.map((v) => v.value.toArray()), random.uniform([2]).toArray()];
    };
    const first = weights();
    expect(first[0]).toBe("dense");
    setThreads(1);
    expect(weights()).toEqual(first);
    expect(() => setThreads(0)).toThrow();
  });
});
