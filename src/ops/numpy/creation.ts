import * as lax from "../../primitives/index.js";
import type { DType } from "../../tensor/dtype.js";
import { normalizeAxis } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { eye, full } from "../arrays.js";
import { operation } from "../operation.js";
import { asFloat, together } from "../promotion.js";
import { apply, applyAll, type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: tensors that are made from a few numbers

/** A tensor of nested arrays, numbers or another tensor, in `dtype` (default: their own). */
export const array = /* @__PURE__ */ operation(
  "numpy.Array(x; dtype=null)",
  (x: TensorLike, dtype?: DType | null): Tensor => {
    const t = toTensor(x, dtype ?? undefined);
    return dtype ? t.astype(dtype) : t;
  },
);
/** The same tensor: tensors never change. */
export const copy = /* @__PURE__ */ operation("numpy.Copy(x)", (x: TensorLike): Tensor => toTensor(x));
/** A tensor whose numbers do not matter; here they are 0. */
export const empty = (shape: readonly number[], dtype: DType = "float32"): Tensor => full(shape, 0, dtype);
/** As `empty`, in the shape of `x` and in `dtype` (default: that of `x`). */
export const emptyLike = /* @__PURE__ */ operation(
  "numpy.EmptyLike(x; dtype=null)",
  (x: TensorLike, dtype?: DType | null): Tensor => full(toTensor(x).shape, 0, dtype ?? toTensor(x).dtype),
);
/** One number (or what broadcasts) in the shape of `x` and in `dtype` (default: that of `x`). */
export const fullLike = /* @__PURE__ */ operation(
  "numpy.FullLike(x, fill_value; dtype=null)",
  (x: TensorLike, fillValue: TensorLike, dtype?: DType | null): Tensor => {
    const { shape, dtype: own } = toTensor(x);
    return apply([toTensor(fillValue)], (v) => lax.broadcastTo(lax.convert(v as Value, dtype ?? own), shape));
  },
);
/** The identity matrix of `n` rows, float32 by default. */
export const identity = (n: number, dtype: DType = "float32"): Tensor => eye(n, n, 0, dtype);
/** 1 on the `k`-th diagonal and below it, else 0: `rows` × `columns` (default: square). */
export const tri = (rows: number, columns: number | null = null, k = 0, dtype: DType = "float32"): Tensor => {
  const shape = [rows, columns ?? rows];
  return apply([], () =>
    lax.convert(lax.ge(lax.add(lax.iota(shape, "int32", 0), k), lax.iota(shape, "int32", 1)), dtype),
  );
};

// ---- evenly spaced numbers

interface SpaceOptions {
  readonly num: number;
  readonly endpoint: boolean;
  readonly axis: number;
}

/** `num` numbers from `start` to `stop`, along a new axis. */
function spaced(name: string, start: Value, stop: Value, { num, endpoint, axis }: SpaceOptions): Value {
  if (!Number.isInteger(num) || num < 0)
    throw new Error(`ops.${name}: expected \`num\` to be an integer of at least 0. Received: num=${num}`);
  const at = normalizeAxis(axis, start.shape.length + 1);
  const shape = [...start.shape.slice(0, at), num, ...start.shape.slice(at)];
  const axes = start.shape.map((_, a) => (a < at ? a : a + 1));
  const [from, to] = [start, stop].map((v) => lax.broadcastInDim(v, shape, axes));
  if (num <= 1) return from;
  const steps = endpoint ? num - 1 : num;
  const share = lax.div(lax.iota(shape, "float32", at), steps);
  const inner = lax.add(lax.mul(from, lax.sub(1, share)), lax.mul(to, share));
  return endpoint ? lax.select(lax.eq(share, 1), to, inner) : inner;
}
/** In a dtype; to integers it is rounded down. */
const rounded = (v: Value, dtype: DType | null | undefined) => {
  const type = dtype ?? "float32";
  return lax.convert(type === "float32" || type === "bool" ? v : lax.floor(v), type);
};
const floats = (...operands: Parameters<typeof together>[0]) =>
  together(operands.map(asFloat), "float32") as [Value, Value];

/**
 * `num` numbers from `start` to `stop`, evenly spaced, float32 by default.
 * @param endpoint whether `stop` is the last one
 * @param retstep whether the distance of two neighbours is given too
 * @param axis of the result, along which they lie
 */
export const linspace = /* @__PURE__ */ operation(
  "numpy.Linspace(start, stop; num=50, endpoint=true, retstep=false, dtype=null, axis=0)",
  (<B extends boolean = false>(
    start: TensorLike,
    stop: TensorLike,
    num = 50,
    endpoint = true,
    retstep?: B,
    dtype?: DType | null,
    axis = 0,
  ) => {
    const results = applyAll([start, stop], (a, b) => {
      const [from, to] = floats(a, b);
      const points = rounded(spaced("linspace", from, to, { num, endpoint, axis }), dtype);
      const steps = endpoint ? num - 1 : num;
      return [
        points,
        steps > 0 ? lax.div(lax.sub(to, from), steps) : lax.full(from.shape, Number.NaN, "float32"),
      ];
    });
    return retstep ? results : results[0];
  }) as <B extends boolean = false>(
    start: TensorLike,
    stop: TensorLike,
    num?: number,
    endpoint?: boolean,
    retstep?: B,
    dtype?: DType | null,
    axis?: number,
  ) => B extends true ? [points: Tensor, step: Tensor] : Tensor,
);
/** Powers of `base` whose exponents go evenly from `start` to `stop`. Arguments as of `linspace`. */
export const logspace = /* @__PURE__ */ operation(
  "numpy.Logspace(start, stop; num=50, endpoint=true, base=10, dtype=null, axis=0)",
  (
    start: TensorLike,
    stop: TensorLike,
    num = 50,
    endpoint = true,
    base = 10,
    dtype?: DType | null,
    axis = 0,
  ): Tensor =>
    apply([start, stop], (a, b) => {
      const exponents = spaced("logspace", ...floats(a, b), { num, endpoint, axis });
      return lax.convert(lax.pow(lax.full(exponents.shape, base, "float32"), exponents), dtype ?? "float32");
    }),
);
/** Numbers of the same sign from `start` to `stop`, each the same multiple of the one before. Arguments as of `linspace`. */
export const geomspace = /* @__PURE__ */ operation(
  "numpy.Geomspace(start, stop; num=50, endpoint=true, dtype=null, axis=0)",
  (start: TensorLike, stop: TensorLike, num = 50, endpoint = true, dtype?: DType | null, axis = 0): Tensor =>
    apply([start, stop], (a, b) => {
      const [from, to] = floats(a, b);
      const sign = lax.sign(from);
      const [low, high] = [from, to].map((v) => lax.log(lax.mul(v, sign)));
      const at = normalizeAxis(axis, from.shape.length + 1);
      const powers = lax.exp(spaced("geomspace", low, high, { num, endpoint, axis }));
      const axes = from.shape.map((_, i) => (i < at ? i : i + 1));
      return lax.convert(lax.mul(powers, lax.broadcastInDim(sign, powers.shape, axes)), dtype ?? "float32");
    }),
);

// ---- windows

/** @throws if it is not a number of points */
function points(name: string, x: TensorLike): number {
  const t = toTensor(x);
  if (t.isSymbolic)
    throw new Error(
      `ops.${name}: the number of points must be known. Call it outside of compiled functions and models.`,
    );
  const count = t.item();
  if (!Number.isInteger(count) || count < 0)
    throw new Error(`ops.${name}: expected an integer of at least 0. Received: ${count}`);
  return count;
}
/** `count` weights by their place from 0 to 1; one point has weight 1. */
function windowOf(name: string, x: TensorLike, weight: (place: number) => number): Tensor {
  const count = points(name, x);
  const data = Float32Array.from({ length: count }, (_, i) => (count === 1 ? 1 : weight(i / (count - 1))));
  return apply([toTensor(data)], (v) => v as Value);
}
const turn = (place: number, times = 1) => Math.cos(2 * Math.PI * times * place);

/** A triangle of `x` points that starts and ends with 0. */
export const bartlett = (x: TensorLike): Tensor =>
  windowOf("bartlett", x, (place) => 1 - Math.abs(2 * place - 1));
/** A bell of `x` points of three cosines. */
export const blackman = (x: TensorLike): Tensor =>
  windowOf("blackman", x, (place) => 0.42 - 0.5 * turn(place) + 0.08 * turn(place, 2));
/** A raised cosine of `x` points that starts and ends with 0.08. */
export const hamming = (x: TensorLike): Tensor =>
  windowOf("hamming", x, (place) => 0.54 - 0.46 * turn(place));
/** A raised cosine of `x` points that starts and ends with 0. */
export const hanning = (x: TensorLike): Tensor => windowOf("hanning", x, (place) => 0.5 - 0.5 * turn(place));
/** I₀ of real numbers by its power series, all of whose terms are positive. */
function bessel(x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
/** A bell of `x` points by Bessel functions: the larger `beta`, the narrower. */
export const kaiser = (x: TensorLike, beta: number): Tensor =>
  windowOf("kaiser", x, (place) => bessel(beta * Math.sqrt(1 - (2 * place - 1) ** 2)) / bessel(beta));
