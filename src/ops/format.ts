/** Arrays as NumPy 2 prints them (`str(array)`, default print options). https://numpy.org/doc/stable/reference/generated/numpy.set_printoptions.html */
import type { TypedArray } from "../tensor/dtype.js";
import { sizeOf, stridesOf } from "../tensor/shape.js";
import type { TensorType } from "../trace/graph.js";

/** Digits after the point. */
const PRECISION = 8;
/** Arrays of more elements are shortened. */
const THRESHOLD = 1000;
/** Elements shown at each end of a shortened axis. */
const EDGE_ITEMS = 3;
const LINE_WIDTH = 75;
/** From here on, and below `SMALL`, numbers are written with an exponent. */
const LARGE = 1e6;
const SMALL = 1e-4;

/** The elements in NumPy's brackets; large arrays shortened with `...`. */
export function formatArray(data: TypedArray, { shape, dtype }: TensorType): string {
  if (sizeOf(shape) === 0) return "[]";
  if (shape.length === 0 && dtype === "float32") return formatScalar(data[0]);
  const shortened = sizeOf(shape) > THRESHOLD;
  const strides = stridesOf(shape);
  const shown = (axis: number): (number | undefined)[] => {
    const all = Array.from({ length: shape[axis] }, (_, i) => i);
    if (!shortened || shape[axis] <= 2 * EDGE_ITEMS) return all;
    return [...all.slice(0, EDGE_ITEMS), undefined, ...all.slice(-EDGE_ITEMS)];
  };
  const collect = (axis: number, offset: number): number[] =>
    axis === shape.length
      ? [data[offset]]
      : shown(axis).flatMap((i) => (i === undefined ? [] : collect(axis + 1, offset + i * strides[axis])));
  const values = collect(0, 0);
  const format =
    dtype === "float32"
      ? floatFormat(values)
      : padded(dtype === "bool" ? (v) => (v ? "True" : "False") : String, values);

  const visit = (axis: number, offset: number, width: number): string => {
    if (axis === shape.length) return format(data[offset]);
    const indent = " ".repeat(axis + 1);
    const parts = shown(axis).map((i) =>
      i === undefined ? "..." : visit(axis + 1, offset + i * strides[axis], width - 1),
    );
    const last = axis === shape.length - 1;
    const inner = last
      ? wrapped(parts, indent, width - 1)
      : parts.map((part) => indent + part).join("\n".repeat(shape.length - 1 - axis));
    return `[${inner.slice(indent.length)}]`;
  };
  return visit(0, 0, LINE_WIDTH);
}

/** Words in lines of at most `width` characters, each line indented. */
function wrapped(words: readonly string[], indent: string, width: number): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line.length + word.length > width && line.length > indent.length) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.slice(0, -1)].join("\n");
}

function padded(format: (value: number) => string, values: readonly number[]): (value: number) => string {
  const width = Math.max(...values.map((value) => format(value).length));
  return (value) => format(value).padStart(width);
}

/** One format for all: positional or scientific, with points under each other. */
function floatFormat(values: readonly number[]): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter((size) => size > 0);
  const largest = Math.max(...sizes);
  const smallest = Math.min(...sizes);
  const scientific = sizes.length > 0 && (largest >= LARGE || smallest < SMALL || largest / smallest > 1000);
  if (scientific) {
    const digits = Math.max(...finite.map(fractionDigits));
    return padded((value) => (Number.isFinite(value) ? exponential(value, digits) : special(value)), values);
  }
  const after = Math.max(0, ...finite.map((v) => positional(v).split(".")[1].length));
  return padded((value) => {
    if (!Number.isFinite(value)) return special(value);
    const text = positional(value);
    return text.padEnd(text.indexOf(".") + 1 + after);
  }, values);
}

/** A number alone: no point where there is an exponent, and a digit after every point. */
function formatScalar(value: number): string {
  const text = floatFormat([value])(value);
  return text.endsWith(".") ? `${text}0` : text.replace(".e", "e");
}

function special(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/** The fewest significant digits that give the float32 back. */
function significantDigits(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    if (Math.fround(Number(value.toPrecision(digits))) === value) return digits;
  }
  return 9;
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? "-" : "";
}

function positional(value: number): string {
  const size = Math.abs(value);
  const shortest = Number(size.toPrecision(significantDigits(size)));
  const exponent = size === 0 ? 0 : Math.floor(Math.log10(shortest));
  const needed = Math.max(significantDigits(size) - 1 - exponent, 0);
  const text =
    needed <= PRECISION ? shortest.toFixed(needed) : tiesToEven(size.toFixed(PRECISION), size.toFixed(100));
  const [whole, fraction = ""] = text.split(".");
  return `${signOf(value)}${whole}.${fraction.replace(/0+$/, "")}`;
}

/** JavaScript rounds halves up, NumPy to the even digit. `exact` has all digits of what `rounded` stands for. */
function tiesToEven(rounded: string, exact: string): string {
  const tie = /^\.?50*$/.test(exact.slice(rounded.length));
  const down = exact.slice(0, rounded.length);
  return tie && Number(down.at(-1)) % 2 === 0 ? down : rounded;
}

/** Digits after the point that a number with an exponent needs. */
function fractionDigits(value: number): number {
  return Math.min(significantDigits(value) - 1, PRECISION);
}

function exponential(value: number, digits: number): string {
  const [rounded, power] = Math.abs(value).toExponential(digits).split("e");
  const mantissa = tiesToEven(rounded, Math.abs(value).toExponential(100).split("e")[0]);
  const point = digits === 0 ? "." : "";
  return `${signOf(value)}${mantissa}${point}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}
