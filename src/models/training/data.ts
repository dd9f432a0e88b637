import { Tensor, type TensorLike, toTensor } from "../../ops/tensor.js";
import { formatShape, sizeOf } from "../../tensor/shape.js";

/** Factors for the classes' samples. */
export type ClassWeight = Readonly<Record<number, number>>;

/** Samples, labels and factors, checked: equal numbers of rows, finite, not empty. */
export interface Dataset {
  readonly x: Tensor;
  readonly y: Tensor | undefined;
  readonly sampleWeight: Tensor | undefined;
  readonly rows: number;
}

function described(t: Tensor): string {
  return `shape ${formatShape(t.shape)}`;
}

/** @throws if it is no array of numbers, naming the argument */
function numbers(where: string, name: string, given: TensorLike): Tensor {
  try {
    return toTensor(given);
  } catch (error) {
    throw new Error(`${where}: \`${name}\` cannot be made a tensor. ${(error as Error).message}`);
  }
}

/** @throws if something does not fit */
export function datasetFrom(
  where: string,
  xLike: TensorLike,
  yLike: TensorLike | undefined,
  sampleWeightLike: TensorLike | null | undefined,
  classWeight: ClassWeight | null | undefined,
): Dataset {
  const x = numbers(where, "x", xLike);
  const y = yLike === undefined ? undefined : numbers(where, "y", yLike);
  for (const [name, t] of [
    ["x", x],
    ["y", y],
  ] as const) {
    if (t && t.rank === 0)
      throw new Error(
        `${where}: \`${name}\` must have an axis of samples. Received: ${name} of ${described(t)}`,
      );
  }
  if (x.shape[0] === 0)
    throw new Error(
      `${where}: the data are empty. Expected at least one sample in \`x\`. Received: x of ${described(x)}`,
    );
  if (y && y.shape[0] !== x.shape[0]) {
    throw new Error(
      `${where}: Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. 'x' sizes: ${x.shape[0]}, 'y' sizes: ${y.shape[0]}`,
    );
  }
  checkFinite(where, "x", x);
  if (y) checkFinite(where, "y", y);
  const sampleWeight = weightsFor(where, x.shape[0], y, sampleWeightLike, classWeight);
  return { x, y, sampleWeight, rows: x.shape[0] };
}

/** @throws naming the first sample with a NaN or an infinity */
function checkFinite(where: string, name: string, t: Tensor): void {
  if (t.dtype !== "float32") return;
  const { data } = t;
  // v − v is 0 for every finite number and NaN otherwise
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
  if (sum === 0) return;
  const at = data.findIndex((v) => !Number.isFinite(v));
  const row = Math.floor(at / sizeOf(t.shape.slice(1)));
  throw new Error(
    `${where}: \`${name}\` holds ${data[at]} in sample ${row}. Expected finite numbers; clean the data first, for instance by dropping or replacing such samples.`,
  );
}

function weightsFor(
  where: string,
  rows: number,
  y: Tensor | undefined,
  given: TensorLike | null | undefined,
  classWeight: ClassWeight | null | undefined,
): Tensor | undefined {
  const sampleWeight =
    given === null || given === undefined
      ? undefined
      : numbers(where, "sampleWeight", given).astype("float32");
  if (sampleWeight && sampleWeight.shape[0] !== rows) {
    throw new Error(
      `${where}: \`sampleWeight\` must have one number for each of ${rows} samples. Received: ${described(sampleWeight)}`,
    );
  }
  if (sampleWeight) checkFinite(where, "sampleWeight", sampleWeight);
  if (!classWeight) return sampleWeight;
  checkClassWeight(where, classWeight);
  if (!y) throw new Error(`${where}: \`classWeight\` needs labels \`y\`.`);
  const factors = new Float32Array(rows);
  const classes = y.rank > 1 && y.shape[1] > 1 ? y.argmax(-1).data : y.data;
  for (let i = 0; i < rows; i++) factors[i] = classWeight[classes[i]] ?? 1;
  const fromClasses = new Tensor(factors, { shape: [rows], dtype: "float32" });
  return sampleWeight ? sampleWeight.mul(fromClasses) : fromClasses;
}

/** @throws if it is not an object of classes with finite numbers */
function checkClassWeight(where: string, classWeight: ClassWeight): void {
  const valid =
    typeof classWeight === "object" &&
    Object.entries(classWeight).every(([key, factor]) => /^\d+$/.test(key) && Number.isFinite(factor));
  if (valid) return;
  throw new Error(
    `${where}: Expected \`classWeight\` to give a finite number for each class, such as { 0: 1, 1: 2.5 }. Received: classWeight=${JSON.stringify(classWeight)}`,
  );
}

/**
 * @throws if a label is not an integer from 0 to below `classes`: which sample, which value
 */
export function checkLabels(where: string, y: Tensor, classes: number): void {
  const { data } = y;
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label >= 0 && label < classes && Number.isInteger(label)) continue;
    throw new Error(
      `${where}: label ${label} of sample ${i} is outside of the classes: the model has ${classes} outputs, so labels must be integers from 0 to ${classes - 1}. ` +
        "Give the last layer more units, or renumber the labels.",
    );
  }
}

/** Rows `from` to `to`. */
export function rowsOf(t: Tensor, from: number, to: number): Tensor {
  return t.slice(from, to - from);
}

/** An integer argument. @throws if it is out of range */
export function integerArgument(where: string, name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(
    `${where}: Expected \`${name}\` to be an integer of at least ${least}. Received: ${name}=${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
  );
}
