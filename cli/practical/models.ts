import { Input, type Layer, layers } from "keratin";

/** One of the practical's models. */
export interface PracticalModel {
  readonly name: string;
  /** Whether the images have a channel axis. */
  readonly channels: boolean;
  /** The accuracy that the practical gives. */
  readonly published: number;
  build(): Layer[];
}

const images = () => Input([28, 28]);
const channelImages = () => Input([28, 28, 1]);
const output = () => new layers.Dense(10, { activation: "softmax" });

/** The five models, in the practical's order. */
export const practicalModels: readonly PracticalModel[] = [
  {
    name: "multinom",
    channels: false,
    published: 0.9259,
    build: () => [images(), new layers.Flatten(), output()],
  },
  {
    name: "ffnn",
    channels: false,
    published: 0.9741,
    build: () => [images(), new layers.Flatten(), new layers.Dense(64, { activation: "relu" }), output()],
  },
  {
    name: "dffnn",
    channels: false,
    published: 0.975,
    build: () => [
      images(),
      new layers.Flatten(),
      new layers.Dense(128, { activation: "relu" }),
      new layers.Dense(64, { activation: "relu" }),
      output(),
    ],
  },
  {
    name: "cnn",
    channels: true,
    published: 0.9799,
    build: () => [
      channelImages(),
      new layers.Conv2D(6, [5, 5]),
      new layers.MaxPooling2D([4, 4]),
      new layers.Flatten(),
      new layers.Dense(32, { activation: "relu" }),
      output(),
    ],
  },
  {
    name: "cnn_2",
    channels: true,
    published: 0.9829,
    build: () => [
      channelImages(),
      new layers.Conv2D(6, [3, 3]),
      new layers.MaxPooling2D([2, 2]),
      new layers.Conv2D(12, [3, 3]),
      new layers.MaxPooling2D([2, 2]),
      new layers.Flatten(),
      new layers.Dropout(0.2),
      new layers.Dense(32, { activation: "relu" }),
      output(),
    ],
  },
];
