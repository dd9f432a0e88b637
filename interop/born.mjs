// Models that Keratin makes, for Python Keras to load: name → model, compiled, with the shapes of its inputs and outputs.
import { Input, layers as L, Model, ops, optimizers, regularizers, Sequential } from "keratin";

const { Dense } = L;

function attention() {
  const x = Input([6, 8]);
  const normal = new L.LayerNormalization().apply(x);
  const seen = new L.MultiHeadAttention(2, 4).apply(normal, { value: normal });
  const sum = new L.Add().apply([x, seen]);
  return new Model({
    inputs: x,
    outputs: new Dense(2).apply(new L.GlobalAveragePooling1D().apply(sum)),
  });
}

function nested() {
  const inner = new Sequential([
    Input([6]),
    new Dense(4, { activation: "tanh" }),
    new L.BatchNormalization(),
  ]);
  const [a, b] = [Input([6], { name: "a" }), Input([6], { name: "b" })];
  const sum = ops.add(inner.apply(a), ops.multiply(inner.apply(b), 0.5));
  const scaled = ops.softmax(ops.concatenate([sum, ops.square(sum)], -1));
  return new Model({
    inputs: [a, b],
    outputs: { left: new Dense(2).apply(scaled), right: new Dense(1).apply(sum) },
  });
}

function pictures() {
  const x = Input([8, 8, 3]);
  const y = new L.SeparableConv2D(4, 3, { padding: "same", activation: "relu" }).apply(x);
  const small = ops.image.resize(new L.Conv2DTranspose(2, 3, { strides: 2 }).apply(y), [6, 6]);
  const pooled = ops.averagePool(small, 3, { strides: 3 });
  return new Model({ inputs: x, outputs: new Dense(2).apply(new L.Flatten().apply(pooled)) });
}

export const born = {
  "born-cnn": [
    new Sequential([
      Input([8, 8, 2]),
      new L.Conv2D(4, 3, { activation: "relu", kernelRegularizer: "l2" }),
      new L.MaxPooling2D(2),
      new L.Flatten(),
      new Dense(2, { activityRegularizer: new regularizers.L2(0.01) }),
    ]),
    { optimizer: new optimizers.Adam({ learningRate: new optimizers.schedules.CosineDecay(0.01, 20) }) },
  ],
  "born-recurrent": [
    new Sequential([
      Input([5, 4]),
      new L.Bidirectional(new L.LSTM(3, { returnSequences: true })),
      new L.RNN(new L.StackedRNNCells([new L.GRUCell(3), new L.SimpleRNNCell(2)])),
      new Dense(2),
    ]),
    { optimizer: "rmsprop" },
  ],
  "born-attention": [attention(), { optimizer: "adamw" }],
  "born-nested": [nested(), { optimizer: "nadam" }],
  "born-pictures": [pictures(), { optimizer: new optimizers.SGD({ learningRate: 0.01, momentum: 0.9 }) }],
};
