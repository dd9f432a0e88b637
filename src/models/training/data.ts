import { type ApplyInputs, inputStructure } from "../../layers/callArguments.js";
import { leaves, mapStructure, type Structure } from "../../ops/structure.js";
import { Tensor } from "../../ops/tensor.js";
import { formatShape, sizeOf } from "../../tensor/shape.js";

/** One array, or several in an array or dictionary, as the model's inputs or outputs are. Samples lie along the first axis. */
export type ArrayData = ApplyInputs;

/** Factors for the classes' samples. */
export type ClassWeight = Readonly<Record<number, number>>;

/** Samples, labels and factors, checked: equal numbers of rows, finite, not empty. */
export interface Dataset {
  readonly x: Structure<Tensor>;
  readonly y: Structure<Tensor> | undefined;
  readonly sampleWeight: Structure<Tensor> | undefined;
  readonly rows: number;
  /** Large samples that are only looked through as they are used. */
  readonly unchecked: readonly Unchecked[];
}

/** Samples of which nobody knows yet whether they are finite. */
export interface Unchecked {
  readonly samples: Tensor;
  /** Looks through all of them. @throws naming the first sample with a NaN or an infinity */
  check(): void;
}

function described(t: Tensor): string {
  return `shape ${formatShape(t.shape)}`;
}

/** @throws if it is no array of numbers, naming the argument */
function tensors(where: string, name: string, given: ArrayData): Structure<Tensor> {
  try {
    return inputStructure(given);
  } catch (error) {
    throw new Error(`${where}: \`${name}\` cannot be made a tensor. ${(error as Error).message}`);
  }
}

/** Fewer elements than these are looked through at once. */
const FEW = 1 << 18;

/**
 * @param lookLater whether large samples `x` may stay unchecked
 * @throws if something does not fit
 */
export function datasetFrom(
  where: string,
  xLike: ArrayData,
  yLike: ArrayData | null | undefined,
  sampleWeightLike: ArrayData | null | undefined,
  classWeight: ClassWeight | null | undefined,
  lookLater = false,
): Dataset {
  const x = tensors(where, "x", xLike);
  const y = yLike === undefined || yLike === null ? undefined : tensors(where, "y", yLike);
  const unchecked: Unchecked[] = [];
  const sizes = {
    x: rowsIn(where, "x", x, lookLater ? unchecked : undefined),
    y: y && rowsIn(where, "y", y),
  };
  const [rows] = sizes.x;
  if (rows === 0)
    throw new Error(
      `${where}: the data are empty. Expected at least one sample in \`x\`. Received: x of ${described(leaves(x)[0])}`,
    );
  if ([...sizes.x, ...(sizes.y ?? [])].some((size) => size !== rows)) {
    const list = Object.entries(sizes).flatMap(([name, all]) =>
      all ? [`'${name}' sizes: ${all.join(", ")}`] : [],
    );
    throw new Error(
      `${where}: Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. ${list.join(", ")}`,
    );
  }
  const sampleWeight = weightsFor(where, rows, y, sampleWeightLike, classWeight);
  return { x, y, sampleWeight, rows, unchecked };
}

/** @param later takes large arrays, which are looked through at once if it is missing */
function rowsIn(where: string, name: string, arrays: Structure<Tensor>, later?: Unchecked[]): number[] {
  const flat = leaves(arrays);
  if (flat.length === 0) throw new Error(`${where}: \`${name}\` holds no arrays.`);
  return flat.map((t, i) => {
    const which = flat.length === 1 ? name : `${name}[${i}]`;
    if (t.rank === 0)
      throw new Error(
        `${where}: \`${which}\` must have an axis of samples. Received: ${which} of ${described(t)}`,
      );
    const check = () => checkFinite(where, which, t);
    if (!later || t.size < FEW) check();
    else if (t.dtype === "float32" && !finite.has(t)) later.push({ samples: t, check });
    return t.shape[0];
  });
}

/** Tensors without NaN and infinities: large data are looked through once. */
const finite = new WeakSet<Tensor>();

/** Without their signs, the bits of infinities and NaN are larger than those of all other numbers: a fast comparison. */
export const MAGNITUDE = 0x7fffffff;
export const INFINITE = 0x7f800000;

/** Notes that all of a tensor was looked through. */
export function foundFinite(t: Tensor): void {
  finite.add(t);
}

/** @throws naming the first sample with a NaN or an infinity */
function checkFinite(where: string, name: string, t: Tensor): void {
  if (t.dtype !== "float32" || finite.has(t)) return;
  const { data } = t;
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let largest = 0;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i] & MAGNITUDE;
    if (magnitude > largest) largest = magnitude;
  }
  if (largest < INFINITE) {
    finite.add(t);
    return;
  }
  const at = data.findIndex((v) => !Number.isFinite(v));
  const row = Math.floor(at / sizeOf(t.shape.slice(1)));
  throw new Error(
    `${where}: \`${name}\` holds ${data[at]} in sample ${row}. Expected finite numbers; clean the data first, for instance by dropping or replacing such samples.`,
  );
}

function weightsFor(
  where: string,
  rows: number,
  y: Structure<Tensor> | undefined,
  given: ArrayData | null | undefined,
  classWeight: ClassWeight | null | undefined,
): Structure<Tensor> | undefined {
  const sampleWeight =
    given === null || given === undefined
      ? undefined
      : mapStructure<Tensor, Tensor>(tensors(where, "sampleWeight", given), (t) => t.astype("float32"));
  for (const t of sampleWeight ? leaves(sampleWeight) : []) {
    if (t.shape[0] !== rows) {
      throw new Error(
        `${where}: \`sampleWeight\` must have one number for each of ${rows} samples. Received: ${described(t)}`,
      );
    }
    checkFinite(where, "sampleWeight", t);
  }
  if (!classWeight) return sampleWeight;
  checkClassWeight(where, classWeight);
  if (!y) throw new Error(`${where}: \`classWeight\` needs labels \`y\`.`);
  const labels = leaves(y);
  if (labels.length > 1) {
    throw new Error(
      `${where}: \`classWeight\` is only supported for models with a single output. Use \`sampleWeight\` with an array for each output.`,
    );
  }
  const fromClasses = weightsOfClasses(labels[0], classWeight);
  return sampleWeight
    ? mapStructure<Tensor, Tensor>(sampleWeight, (weight) => weight.mul(fromClasses))
    : fromClasses;
}

function weightsOfClasses(y: Tensor, classWeight: ClassWeight): Tensor {
  const rows = y.shape[0];
  const factors = new Float32Array(rows);
  const classes = y.rank > 1 && y.shape[1] > 1 ? y.argmax(-1).data : y.data;
  for (let i = 0; i < rows; i++) factors[i] = classWeight[classes[i]] ?? 1;
  return new Tensor(factors, { shape: [rows], dtype: "float32" });
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

/** An integer argument. @throws if it is out of range */
export function integerArgument(where: string, name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(
    `${where}: Expected \`${name}\` to be an integer of at least ${least}. Received: ${name}=${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
  );
}

/** The same where nothing (undefined, null) is allowed too: null then. */
export function integerOrNull(
  where: string,
  name: string,
  value: number | null | undefined,
  least: number,
): number | null {
  return value === undefined || value === null ? null : integerArgument(where, name, value, least);
}
