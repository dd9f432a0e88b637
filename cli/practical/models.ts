import { Input, layers, type Model, Sequential } from "keratin";

/** A model that the practical trains. */
export interface PracticalModel {
  readonly name: string;
  /** The accuracy that the practical gives, if it is one of its own. */
  readonly published?: number;
  /** What kind of model it is, for a student. */
  readonly description: string;
  build(): Model | Promise<Model>;
}

const images = () => Input([28, 28]);
const channelImages = () => Input([28, 28, 1]);
const output = () => new layers.Dense(10, { activation: "softmax" });

/** The five models, in the practical's order. */
export const practicalModels: readonly PracticalModel[] = [
  {
    name: "multinom",
    published: 0.9259,
    description:
      "Multinomial logistic regression, written as a network: every pixel speaks directly for or against each digit. There are no hidden layers.",
    build: () => new Sequential([images(), new layers.Flatten(), output()]),
  },
  {
    name: "ffnn",
    published: 0.9741,
    description:
      "A feed-forward network with one hidden layer: each of its 64 units looks for a pattern of its own in the whole image, and the digits are read from these patterns.",
    build: () =>
      new Sequential([
        images(),
        new layers.Flatten(),
        new layers.Dense(64, { activation: "relu" }),
        output(),
      ]),
  },
  {
    name: "dffnn",
    published: 0.975,
    description: "A deep feed-forward network: a second hidden layer makes patterns out of patterns.",
    build: () =>
      new Sequential([
        images(),
        new layers.Flatten(),
        new layers.Dense(128, { activation: "relu" }),
        new layers.Dense(64, { activation: "relu" }),
        output(),
      ]),
  },
  {
    name: "cnn",
    published: 0.9799,
    description:
      "A convolutional network: 6 filters of 5 × 5 pixels slide over the image, so that a stroke is found wherever it is. Pooling keeps the strongest answers.",
    build: () =>
      new Sequential([
        channelImages(),
        new layers.Conv2D(6, [5, 5]),
        new layers.MaxPooling2D([4, 4]),
        new layers.Flatten(),
        new layers.Dense(32, { activation: "relu" }),
        output(),
      ]),
  },
  {
    name: "cnn_2",
    published: 0.9829,
    description:
      "A deeper convolutional network: small filters, then filters over their answers, and dropout so that it does not learn its examples by heart.",
    build: () =>
      new Sequential([
        channelImages(),
        new layers.Conv2D(6, [3, 3]),
        new layers.MaxPooling2D([2, 2]),
        new layers.Conv2D(12, [3, 3]),
        new layers.MaxPooling2D([2, 2]),
        new layers.Flatten(),
        new layers.Dropout(0.2),
        new layers.Dense(32, { activation: "relu" }),
        output(),
      ]),
  },
];
