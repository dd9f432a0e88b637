import { type Model, Tensor } from "keratin";
import { confusionMatrix, labelCounts, structure as structureText } from "../../../cli/practical/text.js";
import { loadData } from "./data.js";
import { bytesOf, featureMaps as mapsOf, worstMistakes } from "./pictures.js";
import { imageShape, modelOf, nameOf, trainingOf } from "./registry.js";
import { emit } from "./session.js";
import { quietEvaluate } from "./training.js";

// What cells import from "lab": functions that show something below the cell.

/** Images and their labels. */
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Examples kept for each cell of a confusion matrix. */
const EXAMPLES = 40;

/** Shows how data are put together, as R's `str()` does. */
export function structure(data: { readonly train: Samples; readonly test: Samples }): void {
  emit({ kind: "text", level: "log", text: structureText(data.train, data.test) });
}

/** Shows how often each label occurs, as R's `table()` does. */
export function table(labels: Tensor): void {
  const counts = labelCounts(integers("table", labels));
  emit({ kind: "counts", values: counts.map((_, digit) => String(digit)), counts });
}

/**
 * Shows an image of a digit, for instance `plotDigit(train.x.at(0))`.
 * @param image 28 × 28 pixels, 0 to 255 or 0 to 1
 */
export function plotDigit(image: Tensor, title = ""): void {
  emit({ kind: "digit", pixels: bytesOf(image), title });
}

/**
 * Shows how often each digit (column) was taken for each digit (row), and the share that is right.
 * @param predicted the classes that a model gives, for instance `(await model.predict(x)).argmax(-1)`
 * @param truth the labels
 * @returns the share of right answers
 */
export async function confusion(predicted: Tensor, truth: Tensor): Promise<number> {
  const guesses = integers("confusion", predicted);
  const labels = integers("confusion", truth);
  if (guesses.length !== labels.length)
    throw new Error(
      `confusion: expected as many predictions as labels. Received: ${guesses.length} predictions and ${labels.length} labels.`,
    );
  const matrix = confusionMatrix(guesses, labels);
  const examples: number[][] = Array.from({ length: 100 }, () => []);
  for (let i = 0; i < labels.length; i++) {
    const cell = examples[guesses[i] * 10 + labels[i]];
    if (cell.length < EXAMPLES) cell.push(i);
  }
  const right = matrix.reduce((sum, row, digit) => sum + row[digit], 0);
  const accuracy = right / Math.max(1, labels.length);
  const data = await loadData();
  const which = truth === data.test.y ? "test" : truth === data.train.y ? "train" : null;
  emit({ kind: "confusion", model: modelOf(predicted), matrix, accuracy, examples, data: which });
  return accuracy;
}

/**
 * Shows the digits that a model gets most wrong: those whose wrong answer it is surest of.
 * @param probabilities what the model predicts for `samples.x`
 */
export function mostWrong(probabilities: Tensor, samples: Samples, count = 24): void {
  if (probabilities.shape[0] !== samples.x.shape[0])
    throw new Error(
      `mostWrong: expected probabilities for each image. Received: ${probabilities.shape[0]} rows for ${samples.x.shape[0]} images.`,
    );
  emit({
    kind: "mostWrong",
    model: modelOf(probabilities),
    mistakes: worstMistakes(probabilities, samples.x, samples.y, count),
  });
}

/** Shows what each layer of a model makes of an image, for instance `featureMaps(cnn, test.x.at(0))`. */
export function featureMaps(model: Model, image: Tensor): void {
  const pixels = bytesOf(image);
  emit({
    kind: "featureMaps",
    model: nameOf(model),
    pixels,
    layers: mapsOf(
      model,
      Float32Array.from(pixels, (value) => value / 255),
    ),
  });
}

/**
 * Shows models side by side: parameters, accuracy on `x` and `y`, time.
 * @param models by name, for instance `{ multinom, ffnn }`
 */
export async function compare(models: Readonly<Record<string, Model>>, x: Tensor, y: Tensor): Promise<void> {
  const figures = [];
  for (const [name, model] of Object.entries(models)) {
    const shape = imageShape(model);
    const given = shape && shape.length + 1 !== x.rank ? x.reshape([x.shape[0], ...shape]) : x;
    const results = await quietEvaluate(model, given, y);
    const training = trainingOf(model);
    figures.push({
      name,
      parameters: model.countParams(),
      accuracy: results.accuracy ?? results.sparse_categorical_accuracy ?? Number.NaN,
      seconds: training?.seconds ?? null,
      microsecondsPerStep: training?.microsecondsPerStep ?? null,
      history: training?.history ?? {},
    });
  }
  emit({ kind: "comparison", models: figures });
}

function integers(where: string, values: Tensor): ArrayLike<number> {
  if (!(values instanceof Tensor) || values.rank !== 1)
    throw new Error(
      `${where}: expected a tensor with one axis, of digits. Received: ${values instanceof Tensor ? `shape (${values.shape.join(", ")})` : String(values)}`,
    );
  for (const value of values.data)
    if (!(Number.isInteger(value) && value >= 0 && value < 10))
      throw new Error(`${where}: expected whole numbers from 0 to 9. Received: ${value}`);
  return values.data;
}
