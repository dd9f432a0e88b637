// All widgets on one page with made-up data, to look at while working on them (`npm run dev -w lab`, /widgets.html). It is not built.
import { Input, layers as kerasLayers, Sequential, type Tensor, tensor, utils } from "keratin";
import type { LayerMaps } from "../../../figures/featureMaps.js";
import type { LayerParameters } from "../../../figures/parameterDrawing.js";
import { comparison } from "./comparison.js";
import { confusion } from "./confusion.js";
import { digitPad } from "./digitPad.js";
import { h } from "./dom.js";
import { exercise } from "./exercise.js";
import { featureMaps } from "./featureMaps.js";
import { filters } from "./filters.js";
import { Ink, SHEET } from "./ink.js";
import type { InspectedLayer } from "./layerCard.js";
import { liveCurves } from "./liveCurves.js";
import { mnistImage } from "./mnistImage.js";
import { modelBuilder } from "./modelBuilder.js";
import { mostWrong } from "./mostWrong.js";
import { parameterDrawing } from "./parameterDrawing.js";
import { progress } from "./progress.js";
import { race } from "./race.js";
import type { Mount, Widget } from "./widget.js";

/** Digits as strokes through places on the sheet. */
const STROKES: readonly string[] = [
  "50 20 30 40 30 65 50 80 70 65 70 40 50 20",
  "45 30 55 20 55 80",
  "30 35 45 20 65 30 60 50 30 80 72 78",
  "30 25 60 22 62 40 45 48 65 60 58 78 30 76",
  "60 80 60 20 28 60 75 58",
  "68 22 36 22 34 45 60 46 66 64 52 80 30 74",
  "60 20 38 45 34 68 50 80 66 66 54 52 38 60",
  "28 24 70 22 46 80",
  "50 48 34 34 50 20 66 34 50 48 32 64 50 80 68 64 50 48",
  "64 40 48 48 36 34 50 20 64 34 62 60 56 80",
];

function sample(digit: number, seed: number): Float32Array {
  const ink = new Ink();
  const numbers = STROKES[digit].split(" ").map((v, i) => Number(v) / 100 + 0.03 * Math.sin(7 * i + seed));
  for (let i = 2; i < numbers.length; i += 2)
    ink.stroke(numbers[i - 2], numbers[i - 1], numbers[i], numbers[i + 1], 0.1);
  return mnistImage(ink.dots, SHEET);
}

const main = document.querySelector("main") as HTMLElement;
function show<Props>(name: string, mount: Mount<Props>, props: Props): Widget<Props> {
  const place = h("div", {});
  main.append(h("section", { id: name }, h("h2", {}, name), place));
  return mount(place, props);
}

utils.setRandomSeed(45);
const cnn = new Sequential([
  Input([28, 28, 1]),
  new kerasLayers.Conv2D(6, [3, 3]),
  new kerasLayers.MaxPooling2D([2, 2]),
  new kerasLayers.Conv2D(12, [3, 3]),
  new kerasLayers.MaxPooling2D([2, 2]),
  new kerasLayers.Flatten(),
  new kerasLayers.Dropout(0.2),
  new kerasLayers.Dense(32, { activation: "relu" }),
  new kerasLayers.Dense(10, { activation: "softmax" }),
]);

function maps(pixels: Float32Array): LayerMaps[] {
  let value = tensor(pixels, [1, 28, 28, 1], "float32");
  return cnn.layers.map((layer) => {
    value = layer.apply(value) as Tensor;
    const shape = value.shape.slice(1);
    const [height, width, channels] = shape.length === 3 ? shape : [1, shape[0], 1];
    const { data } = value;
    return {
      layer: layer.name,
      shape,
      width,
      height,
      maps: Array.from({ length: channels }, (_, channel) =>
        Float32Array.from({ length: width * height }, (_, i) => data[i * channels + channel]),
      ),
    };
  });
}

const described = cnn.layers.map((layer): LayerParameters => {
  const { className } = layer.constructor as unknown as { className: string };
  const shape = maps(sample(7, 0)).find((one) => one.layer === layer.name)?.shape ?? [];
  return {
    name: layer.name,
    className,
    inputShape: [null, ...shape],
    outputShape: [null, ...shape],
    weights: layer.weights.map(({ name, shape: sizes }) => ({ name, shape: sizes })),
  };
});

const mapsWidget = { update: (_: Float32Array) => {} };
show("parameterDrawing", parameterDrawing, { model: "sequential", layers: described });
show("digitPad", digitPad, {
  predict: async (pixels) =>
    ["multinom", "ffnn", "dffnn", "cnn", "cnn_2"].map((model, i) => {
      const scores = STROKES.map((_, digit) => {
        const like = sample(digit, 0);
        return Math.exp((4 + i) * like.reduce((sum, v, k) => sum + v * pixels[k], 0) * 0.03);
      });
      const total = scores.reduce((a, b) => a + b, 0);
      return { model, probabilities: scores.map((score) => score / total) };
    }),
  onDraw: (pixels) => pixels && mapsWidget.update(pixels),
});
const shown = show("featureMaps", featureMaps, { model: "cnn_2", layers: maps(sample(7, 0)) });
mapsWidget.update = (pixels) => shown.update({ model: "cnn_2", layers: maps(pixels) });

const matrix = Array.from({ length: 10 }, (_, predicted) =>
  Array.from({ length: 10 }, (_, truth) =>
    predicted === truth
      ? 940 + 7 * truth
      : Math.max(0, Math.round(20 * Math.sin(predicted * 3.1 + truth * 1.7))),
  ),
);
show("confusion", confusion, {
  model: "ffnn",
  matrix,
  digits: async (predicted, truth) =>
    Array.from({ length: Math.min(24, matrix[predicted][truth]) }, (_, i) => sample(truth, i)),
});
show("mostWrong", mostWrong, {
  model: "ffnn",
  mistakes: Array.from({ length: 24 }, (_, i) => ({
    pixels: sample(i % 10, 3 * i),
    truth: i % 10,
    predicted: (i + 3) % 10,
    probability: 1 - 0.012 * i,
  })),
  onChoose: ({ pixels }) => mapsWidget.update(Float32Array.from(pixels)),
});
const kernel = cnn.layers[0].weights[0];
const weights = show("filters", filters, {
  model: "cnn_2",
  kernel: { name: "conv2d", shape: kernel.shape, values: kernel.value.data as Float32Array },
});

const history = (epochs: number, best: number) => ({
  loss: Array.from({ length: epochs }, (_, e) => 0.05 + 0.35 * Math.exp(-e / 2)),
  val_loss: Array.from({ length: epochs }, (_, e) => 0.09 + 0.2 * Math.exp(-e / 1.5) + 0.003 * e),
  accuracy: Array.from({ length: epochs }, (_, e) => best - 0.09 * Math.exp(-e / 2)),
  val_accuracy: Array.from({ length: epochs }, (_, e) => best - 0.01 - 0.05 * Math.exp(-e / 1.5)),
});
const curvesWidget: Widget<Parameters<typeof liveCurves>[1]> = show("liveCurves", liveCurves, {
  model: "cnn",
  epochs: 10,
  history: history(4, 0.985),
});
const standing = {
  model: "cnn",
  phase: "fit" as const,
  epoch: 4,
  epochs: 10,
  step: 700,
  steps: 1500,
  microsecondsPerStep: 812,
  secondsLeft: 6.2,
  threads: 2,
  logs: { accuracy: 0.9731, loss: 0.0893 },
  state: "running" as "running" | "stopped",
  onStop: () => progressWidget.update({ ...standing, state: "stopped" }),
  onResume: () => progressWidget.update(standing),
};
const progressWidget = show("progress", progress, standing);
show("comparison", comparison, {
  models: [
    {
      name: "multinom",
      parameters: 7850,
      accuracy: 0.9257,
      published: 0.9259,
      seconds: 2.1,
      microsecondsPerStep: 139,
    },
    {
      name: "ffnn",
      parameters: 50890,
      accuracy: 0.9733,
      published: 0.9741,
      seconds: 5.4,
      microsecondsPerStep: 346,
    },
    {
      name: "dffnn",
      parameters: 109386,
      accuracy: 0.9771,
      published: 0.975,
      seconds: 11,
      microsecondsPerStep: 735,
    },
    {
      name: "cnn",
      parameters: 7430,
      accuracy: 0.9822,
      published: 0.9799,
      seconds: 11.3,
      microsecondsPerStep: 756,
    },
    {
      name: "cnn_2",
      parameters: 10682,
      accuracy: 0.9861,
      published: 0.9829,
      seconds: 17.4,
      microsecondsPerStep: 1160,
    },
    { name: "mine", parameters: 14410 },
  ],
});
show("race", race, {
  epochs: 10,
  runners: ["multinom", "ffnn", "dffnn", "cnn", "cnn_2", "mine"].map((name, i) => ({
    name,
    parameters: 7850 + 9000 * i,
    accuracies: history(i === 5 ? 4 : 10, 0.935 + 0.012 * i).val_accuracy,
    seconds: 3 + 2.5 * i,
  })),
});
const exerciseProps = {
  title: "Improve the CNN",
  paragraphs: ["Reach 98.5 % on the test data with at most ten epochs. Call it `improved`."],
  hint: "Two convolutions of 3 × 3 with relu, each with `MaxPooling2D` after it.",
  solution:
    'const improved = new Sequential([\n  Input([28, 28, 1]),\n  new layers.Conv2D(8, [3, 3], { activation: "relu" }),\n]);',
  cell: h("textarea", { rows: 5, "aria-label": "cell" }),
  onUseSolution: () => {},
  checking: false,
};
const exerciseWidget: Widget<Parameters<typeof exercise>[1]> = show("exercise", exercise, {
  ...exerciseProps,
  onCheck: () => exerciseWidget.update({ ...exerciseProps, onCheck: () => {}, checking: true, result: null }),
  result: { passed: false, sentences: ["`improved` has not been trained yet: fit it."] },
});
const solved = show("exercise", exercise, {
  ...exerciseProps,
  cell: h("p", {}, "…"),
  onCheck: () => {},
  result: { passed: true, sentences: ["98.86 % of the test digits after 10 epochs."] },
});
void solved;

/** Shapes and parameters by building the layers; the lab asks its worker. */
async function inspect(configs: readonly { className: string; config: object }[]) {
  let shape: readonly (number | null)[] | null = null;
  let parameters = 0;
  const described = configs.map(({ className, config }): InspectedLayer => {
    if (className === "InputLayer") {
      shape = (config as { batch_shape: (number | null)[] }).batch_shape;
      return { shape, parameters: 0 };
    }
    try {
      const layer = kerasLayers.deserialize({ class_name: className, config } as never);
      if (!shape) return { shape: null, parameters: 0 };
      layer.build(shape);
      shape = layer.computeOutputShape(shape) as (number | null)[];
      parameters += layer.countParams();
      const weights = layer.weights.map(({ name, shape: sizes }) => ({ name, shape: sizes }));
      return { shape, parameters: layer.countParams(), weights };
    } catch (error) {
      shape = null;
      return { shape: null, parameters: 0, error: (error as Error).message };
    }
  });
  return { layers: described, parameters };
}
show("modelBuilder", modelBuilder, {
  code: `const mine = new Sequential([
  Input([28, 28, 1]),
  new layers.Conv2D(8, [3, 3], { activation: "relu" }), // small windows
  new layers.MaxPooling2D([2, 2]),
  new layers.Flatten(),
  new layers.Dense(32, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
`,
  inspect,
  onRace: () => {},
});

/** `#train` lets everything that moves during training move, as fast as a worker would. */
if (location.hash === "#train") {
  let step = 0;
  setInterval(() => {
    step += 8;
    const epoch = (step / 1500) % 10;
    const done = history(Math.floor(epoch), 0.985);
    const logs = { accuracy: 0.9 + 0.008 * epoch, loss: 0.4 / (1 + epoch) };
    curvesWidget.update({ model: "cnn", epochs: 10, history: done, now: { epoch, logs } });
    progressWidget.update({ ...standing, epoch: Math.floor(epoch), step: step % 1500, logs });
    const values = Float32Array.from(kernel.value.data, (v, i) => v + 0.2 * Math.sin(step / 300 + i));
    weights.update({ model: "cnn_2", kernel: { name: "conv2d", shape: kernel.shape, values } });
  }, 16);
}
