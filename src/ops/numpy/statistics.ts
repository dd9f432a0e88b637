import * as lax from "../../primitives/index.js";
import { prepareConvolution } from "../../runtime/convolution.js";
import { formatShape, normalizeAxis, sizeOf } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { floating, known, same } from "../lift.js";
import { operation } from "../operation.js";
import { asFloat } from "../promotion.js";
import {
  type Axes,
  apply,
  applyAll,
  normalizeAxes,
  type Tensor,
  type TensorLike,
  toTensor,
} from "../tensor.js";

// https://keras.io/api/ops/numpy/: what describes many numbers by a few

/** The largest element minus the smallest one over `axis` (default: all axes). */
export const ptp = /* @__PURE__ */ operation(
  "numpy.Ptp(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => {
    const t = toTensor(x);
    return t.max(axis, keepdims).sub(t.min(axis, keepdims));
  },
);

/** How many elements over `axis` (default: all axes) are not 0, int32. */
export const countNonzero = /* @__PURE__ */ operation(
  "numpy.CountNonzero(x; axis=null)",
  (x: TensorLike, axis?: Axes): Tensor =>
    same(x, (v) =>
      lax.reduceSum(lax.convert(lax.convert(v, "bool"), "int32"), normalizeAxes(axis, v.shape.length)),
    ),
);

/**
 * The mean over `axis` (default: all axes) in which each element counts as much as its weight.
 * @param options.weights of the shape of `x`, or one for each element along the one `axis`; default: all 1
 * @throws if the weights fit neither
 */
export const average = /* @__PURE__ */ operation(
  "numpy.Average(x, weights=; axis=null)",
  (x: TensorLike, axis?: Axes, options: { readonly weights?: TensorLike | null } = {}): Tensor => {
    const { weights } = options;
    const t = toTensor(x).astype("float32");
    if (weights === undefined || weights === null) return t.mean(axis);
    let w = toTensor(weights).astype("float32");
    if (w.rank !== t.rank) {
      if (w.rank !== 1 || typeof axis !== "number" || w.size !== t.shape[normalizeAxis(axis, t.rank)]) {
        throw new Error(
          `ops.average: expected weights of the shape of x, or one for each element along one axis. ` +
            `Received: x of shape ${formatShape(t.shape)}, weights of shape ${formatShape(w.shape)}, axis=${JSON.stringify(axis ?? null)}`,
        );
      }
      const at = normalizeAxis(axis, t.rank);
      w = w.reshape(t.shape.map((extent, a) => (a === at ? extent : 1)));
    }
    const all = same(w, (v) => lax.broadcastTo(v, t.shape));
    return t.mul(all).sum(axis).div(all.sum(axis));
  },
);

// ---- quantiles

/** How a quantile between two elements is computed from them. */
export type QuantileMethod = "linear" | "lower" | "higher" | "midpoint" | "nearest";

/** What lies between two neighbours at a share of the way from one to the other. */
const between: Readonly<Record<QuantileMethod, (lower: Value, upper: Value, share: Value) => Value>> = {
  linear: (lower, upper, share) => lax.add(lax.mul(lower, lax.sub(1, share)), lax.mul(upper, share)),
  lower: (lower) => lower,
  higher: (_, upper) => upper,
  midpoint: (lower, upper) => lax.mul(lax.add(lower, upper), 0.5),
  nearest: (lower, upper, share) => lax.select(lax.le(share, 0.5), lower, upper),
};

interface QuantileOptions {
  readonly axis: Axes | undefined;
  readonly method: QuantileMethod;
  readonly keepdims: boolean;
  /** Whether NaN do not count; else one of them makes the result NaN. */
  readonly skip: boolean;
}

/** The quantiles `q` (one, or a list that becomes the first axis) of what lies along some axes. */
function quantileOf(
  name: string,
  x: Value,
  q: Value,
  { axis, method, keepdims, skip }: QuantileOptions,
): Value {
  const compute = between[method];
  if (!compute) {
    throw new Error(
      `ops.${name}: expected \`method\` to be one of ${Object.keys(between)
        .map((m) => `"${m}"`)
        .join(", ")}. Received: method=${JSON.stringify(method)}`,
    );
  }
  if (q.shape.length > 1)
    throw new Error(
      `ops.${name}: expected \`q\` to have at most one axis. Received: shape ${formatShape(q.shape)}`,
    );
  const rank = x.shape.length;
  const axes = normalizeAxes(axis, rank);
  const rest = x.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const outer = rest.map((a) => x.shape[a]);
  const count = sizeOf(axes.map((a) => x.shape[a]));
  const lines = lax.reshape(lax.transpose(x, [...rest, ...axes]), [...outer, count]);
  const last = outer.length;
  const [sorted] = lax.sort(lines, last);
  const missing = lax.reduceSum(lax.convert(lax.ne(lines, lines), "float32"), [last]);
  const wanted = sizeOf(q.shape);
  const shape = [...outer, wanted];
  const spread = (v: Value) =>
    lax.broadcastInDim(
      v,
      shape,
      outer.map((_, a) => a),
    );
  const present = spread(lax.sub(count, missing));
  const fractions = lax.broadcastInDim(lax.reshape(q, [wanted]), shape, [last]);
  const end = lax.sub(skip ? present : lax.full(shape, count, "float32"), 1);
  const position = lax.clamp(0, lax.mul(fractions, end), Math.max(count - 1, 0));
  const lower = lax.floor(position);
  const at = (index: Value) =>
    lax.gather(sorted, lax.convert(index, "int32"), { axis: last, batchDims: last });
  const found = compute(at(lower), at(lax.ceil(position)), lax.sub(position, lower));
  const undefinedLine = skip ? lax.eq(present, 0) : lax.gt(spread(missing), 0);
  const result = lax.select(undefinedLine, Number.NaN, found);
  const first = lax.transpose(result, [last, ...outer.map((_, a) => a)]);
  const remaining = keepdims ? x.shape.map((extent, a) => (axes.includes(a) ? 1 : extent)) : outer;
  return lax.reshape(first, [...q.shape, ...remaining]);
}

const quantiles = (name: string, skip: boolean, scale = 1) =>
  function of(
    x: TensorLike,
    q: TensorLike,
    axis?: Axes,
    method: QuantileMethod = "linear",
    keepdims = false,
  ): Tensor {
    return apply([toTensor(x), toTensor(q)], (v, fractions) =>
      quantileOf(name, asFloat(v), scale === 1 ? asFloat(fractions) : lax.div(asFloat(fractions), scale), {
        axis,
        method,
        keepdims,
        skip,
      }),
    );
  };
const medianOf = (name: string, skip: boolean) =>
  function of(x: TensorLike, axis?: Axes, keepdims = false): Tensor {
    return floating(x, (v) =>
      quantileOf(name, v, lax.full([], 0.5, "float32"), { axis, method: "midpoint", keepdims, skip }),
    );
  };

/**
 * What the share `q` (0 to 1) of the elements over `axis` (default: all axes) lies below; NaN if one is NaN. Several `q` become
 * the first axis of the result. Float32.
 * @param method what lies between two elements, default `"linear"`
 */
export const quantile = /* @__PURE__ */ operation(
  'numpy.Quantile(x, q; axis=null, method="linear", keepdims=false)',
  /* @__PURE__ */ quantiles("quantile", false),
);
/** As `quantile`, with `q` from 0 to 100. */
export const percentile = /* @__PURE__ */ operation(
  'numpy.Percentile(x, q; axis=null, method="linear", keepdims=false)',
  /* @__PURE__ */ quantiles("percentile", false, 100),
);
/** As `quantile`, of what is not NaN; NaN if nothing is left. */
export const nanquantile = /* @__PURE__ */ operation(
  'numpy.Nanquantile(x, q; axis=null, method="linear", keepdims=false)',
  /* @__PURE__ */ quantiles("nanquantile", true),
);
/** As `percentile`, of what is not NaN; NaN if nothing is left. */
export const nanpercentile = /* @__PURE__ */ operation(
  'numpy.Nanpercentile(x, q; axis=null, method="linear", keepdims=false)',
  /* @__PURE__ */ quantiles("nanpercentile", true, 100),
);
/** The middle one of the sorted elements over `axis` (default: all axes), or the mean of the two in the middle. */
export const median = /* @__PURE__ */ operation(
  "numpy.Median(x; axis=null, keepdims=false)",
  /* @__PURE__ */ medianOf("median", false),
);
/** As `median`, of what is not NaN; NaN if nothing is left. */
export const nanmedian = /* @__PURE__ */ operation(
  "numpy.Nanmedian(x; axis=null, keepdims=false)",
  /* @__PURE__ */ medianOf("nanmedian", true),
);

// ---- counts

/**
 * How often each of the numbers 0, 1, … occurs in `x`, or the sum of its occurrences' weights. Of two axes each row by itself.
 *
 * The length is one more than the largest number (at least `minlength`), so `x` must be known: it works outside of compiled
 * functions and models only.
 * @throws if `x` is symbolic, or not of integers
 */
export function bincount(x: TensorLike, weights?: TensorLike | null, minlength = 0): Tensor {
  const t = known("bincount", toTensor(x, "int32"));
  if (t.dtype === "float32") throw new Error(`ops.bincount: expected integers. Received: dtype=${t.dtype}`);
  let length = minlength;
  for (const value of t.data) length = Math.max(length, value + 1);
  const row = t.rank === 0 ? t.reshape([1]) : t;
  const last = row.rank - 1;
  const w = weights === undefined || weights === null ? undefined : toTensor(weights).reshape(row.shape);
  return apply(w ? [row, w] : [row], (values, given) => {
    const integers = lax.convert(values as Value, "int32");
    const ones = given === undefined ? lax.full(row.shape, 1, "int32") : (given as Value);
    const start = lax.full([...row.shape.slice(0, last), length], 0, ones.dtype);
    return lax.scatterAdd(start, integers, ones, { axis: last, batchDims: last });
  });
}

/**
 * How many elements of a list lie in each of `bins` equal intervals, and the intervals' `bins + 1` limits. The last
 * interval has its upper limit in it.
 * @param range where the first interval starts and the last one ends, default: from the smallest to the largest element
 * @throws if `x` does not have one axis, or a number is out of range
 */
export const histogram = /* @__PURE__ */ operation(
  "numpy.Histogram(x; bins=10, range=null)",
  (x: TensorLike, bins = 10, range?: readonly [number, number]): [counts: Tensor, edges: Tensor] => {
    const t = toTensor(x);
    if (!Number.isInteger(bins) || bins < 1)
      throw new Error(`ops.histogram: expected \`bins\` to be a positive integer. Received: bins=${bins}`);
    if (range && range[1] < range[0]) {
      throw new Error(
        `ops.histogram: the second element of \`range\` must not be less than the first. Received: range=${JSON.stringify(range)}`,
      );
    }
    if (t.rank > 1)
      throw new Error(`ops.histogram: expected one axis. Received: shape ${formatShape(t.shape)}`);
    return applyAll([t.reshape([-1])], (values) => {
      const v = asFloat(values);
      const limit = (end: 0 | 1) =>
        range ? lax.full([], range[end], "float32") : (end ? lax.reduceMax : lax.reduceMin)(v, [0]);
      const single = lax.eq(limit(0), limit(1));
      const low = lax.select(single, lax.sub(limit(0), 0.5), limit(0));
      const high = lax.select(single, lax.add(limit(1), 0.5), limit(1));
      const share = lax.div(lax.iota([bins + 1], "float32"), bins);
      const inner = lax.add(lax.mul(low, lax.sub(1, share)), lax.mul(high, share));
      const edges = lax.select(lax.eq(share, 1), high, inner);
      const column = (w: Value) => lax.reshape(w, [w.shape[0], 1]);
      const upper = lax.slice(edges, [1], [bins + 1]);
      const isLast = lax.eq(lax.iota([bins, 1], "int32", 0), bins - 1);
      const inside = lax.and(
        lax.ge(v, column(lax.slice(edges, [0], [bins]))),
        lax.or(lax.lt(v, column(upper)), lax.and(isLast, lax.eq(v, column(upper)))),
      );
      return [lax.reduceSum(lax.convert(inside, "float32"), [1]), edges];
    }) as [Tensor, Tensor];
  },
);

// ---- relations

/** The correlation coefficients of rows: −1 to 1 for each pair. */
export const corrcoef = /* @__PURE__ */ operation(
  "numpy.Corrcoef(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const rows = v.shape.length === 1 ? lax.reshape(v, [1, v.shape[0]]) : v;
      const [count, length] = rows.shape;
      const mean = lax.div(lax.reduceSum(rows, [1]), length);
      const centred = lax.sub(rows, lax.reshape(mean, [count, 1]));
      const products = lax.dotGeneral(centred, centred, { contracting: [[1], [1]], batch: [[], []] });
      const covariance = lax.div(products, length - 1);
      const diagonal = lax.eq(lax.iota([count, count], "int32", 0), lax.iota([count, count], "int32", 1));
      const deviation = lax.sqrt(lax.reduceSum(lax.select(diagonal, covariance, 0), [1]));
      const scaled = lax.div(
        lax.div(covariance, lax.reshape(deviation, [count, 1])),
        lax.reshape(deviation, [1, count]),
      );
      const result = lax.clamp(-1, scaled, 1);
      return v.shape.length === 1 ? lax.reshape(result, []) : result;
    }),
);

/**
 * Sums of products of two lists, the second one moved along the first.
 * @param mode `"valid"`: where the shorter one lies inside of the longer one; `"same"`: as long as the longer one; `"full"`: wherever they meet
 * @throws if a list does not have one axis
 */
export const correlate = /* @__PURE__ */ operation(
  'numpy.Correlate(x1, x2; mode="valid")',
  (x1: TensorLike, x2: TensorLike, mode: "valid" | "same" | "full" = "valid"): Tensor =>
    apply([toTensor(x1), toTensor(x2)], (a, b) => {
      const [x, y] = [asFloat(a), asFloat(b)];
      if (x.shape.length !== 1 || y.shape.length !== 1) {
        throw new Error(
          `ops.correlate: expected lists with one axis. Received: shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
        );
      }
      const swapped = x.shape[0] < y.shape[0];
      const [long, short] = swapped ? [y, x] : [x, y];
      const window = short.shape[0];
      const low = {
        valid: 0,
        same: Math.floor(window / 2),
        full: window - 1,
      }[mode];
      const high = mode === "same" ? window - 1 - low : low;
      prepareConvolution();
      const result = lax.convGeneralDilated(
        lax.reshape(long, [1, long.shape[0], 1]),
        lax.reshape(short, [window, 1, 1]),
        { strides: [1], padding: [[low, high]], lhsDilation: [1], rhsDilation: [1], groups: 1 },
      );
      const list = lax.reshape(result, [result.shape[1]]);
      return swapped ? lax.reverse(list, [0]) : list;
    }),
);

/**
 * The area below points that are joined by straight lines.
 * @param y the heights, along `axis`
 * @param x where the points lie (as `y`, or one for each element along `axis`), default: `dx` apart
 */
export const trapezoid = /* @__PURE__ */ operation(
  "numpy.Trapezoid(y; x=null, dx=1, axis=-1)",
  (y: TensorLike, x?: TensorLike | null, dx = 1, axis = -1): Tensor => {
    const t = toTensor(y).astype("float32");
    const at = normalizeAxis(axis, t.rank);
    const part = (of: Tensor, along: number, from: number) =>
      of.slice(
        of.shape.map((_, a) => (a === along ? from : 0)),
        of.shape.map((extent, a) => (a === along ? extent - 1 : extent)),
      );
    const heights = part(t, at, 1).add(part(t, at, 0));
    if (x === undefined || x === null) return heights.mul(dx).sum(at).mul(0.5);
    const points = toTensor(x).astype("float32");
    const along = points.rank === 1 ? 0 : at;
    const widths = part(points, along, 1).sub(part(points, along, 0));
    const spread =
      points.rank === 1 ? widths.reshape(t.shape.map((_, a) => (a === at ? widths.size : 1))) : widths;
    return heights.mul(spread).sum(at).mul(0.5);
  },
);

/**
 * Positions (int32) that bring the `kth` smallest element along `axis` to its place, smaller ones before it, sorted, and the others
 * behind it in their order. Without an axis (null) of the flattened tensor.
 */
export const argpartition = /* @__PURE__ */ operation(
  "numpy.Argpartition(x; kth, axis=-1)",
  (x: TensorLike, kth: number, axis: number | null = -1): Tensor =>
    same(axis === null ? toTensor(x).reshape([-1]) : x, (v) => {
      const at = axis === null ? 0 : normalizeAxis(axis, v.shape.length);
      const extent = v.shape[at];
      const place = kth < 0 ? kth + extent : kth;
      if (!Number.isInteger(place) || place < 0 || place >= extent) {
        throw new Error(
          `ops.argpartition: expected \`kth\` to be an integer in [${-extent}, ${extent - 1}]. Received: kth=${kth}`,
        );
      }
      const order = lax.sort(v, at)[1];
      const start = (n: number) => v.shape.map((_, a) => (a === at ? n : 0));
      const limit = (n: number) => v.shape.map((e, a) => (a === at ? n : e));
      const smaller = lax.slice(order, start(0), limit(place + 1));
      const others = lax.slice(order, start(place + 1), limit(extent));
      return lax.concatenate([smaller, lax.sort(others, at)[0]], at);
    }),
);
