import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import { whileLoop } from "../control.js";
import { composite, floating, pair, same } from "../lift.js";
import { operation } from "../operation.js";
import { asFloat, resultType, together } from "../promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: more functions of each element

const isInteger = ({ dtype }: { readonly dtype: string }) => dtype !== "float32";

// ---- exponents and logarithms, in float32

/** 2ˣ */
export const exp2 = /* @__PURE__ */ operation(
  "numpy.Exp2(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.pow(2, v)),
);
export const log2 = /* @__PURE__ */ operation(
  "numpy.Log2(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.div(lax.log(v), Math.LN2)),
);
export const log10 = /* @__PURE__ */ operation(
  "numpy.Log10(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.div(lax.log(v), Math.LN10)),
);

/** The larger one plus what the other adds to it; where both are the same infinity, that. */
function logOfSum(x: Value, y: Value, added: (distance: Value) => Value): Value {
  const distance = lax.sub(x, y);
  const undefinedDistance = lax.ne(distance, distance);
  const safe = lax.select(undefinedDistance, 0, distance);
  const sum = lax.add(lax.max(x, y), added(lax.neg(lax.abs(safe))));
  return lax.select(undefinedDistance, lax.add(x, y), sum);
}
/** log(exp(x1) + exp(x2)), without overflow. */
export const logaddexp = /* @__PURE__ */ operation(
  "numpy.Logaddexp(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(x1, x2, (x, y) => logOfSum(x, y, (d) => lax.log1p(lax.exp(d))), "float32"),
);
/** log₂(2^x1 + 2^x2), without overflow. */
export const logaddexp2 = /* @__PURE__ */ operation(
  "numpy.Logaddexp2(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(
      x1,
      x2,
      (x, y) => logOfSum(x, y, (d) => lax.div(lax.log1p(lax.exp(lax.mul(d, Math.LN2))), Math.LN2)),
      "float32",
    ),
);
/** x1 · 2^x2 for integers x2. */
export const ldexp = /* @__PURE__ */ operation(
  "numpy.Ldexp(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    apply([x1, toTensor(x2, "int32")], (x, n) => {
      const [mantissa, exponent] = lax.broadcasted(asFloat(x), lax.convert(n as Value, "int32"));
      // beyond ±300 every float32 has become 0 or ∞; three powers of two that float32 has
      const limited = lax.clamp(-300, exponent, 300);
      const first = lax.div(limited, 3);
      const second = lax.div(lax.sub(limited, first), 2);
      const third = lax.sub(lax.sub(limited, first), second);
      const power = (k: Value) => lax.bitcastConvert(lax.shiftLeft(lax.add(k, 127), 23), "float32");
      return [first, second, third].reduce((product, k) => lax.mul(product, power(k)), mantissa);
    }),
);
/** The cube root, also of negative numbers. */
export const cbrt = /* @__PURE__ */ operation(
  "numpy.Cbrt(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const a = lax.abs(v);
      const trivial = lax.or(lax.eq(a, 0), lax.eq(a, Number.POSITIVE_INFINITY));
      const b = lax.select(trivial, 1, a);
      const root = lax.pow(b, 1 / 3);
      // one step of Newton's method, since 1/3 is rounded
      const square = lax.mul(root, root);
      const better = lax.sub(root, lax.div(lax.sub(root, lax.div(b, square)), 3));
      return lax.select(trivial, v, lax.mul(lax.sign(v), better));
    }),
);

/** Coefficients of the power series of I₀ in (x/2)². */
const BESSEL = /* @__PURE__ */ Array.from({ length: 24 }, (_, k) => {
  let factorial = 1;
  for (let i = 2; i <= k; i++) factorial *= i;
  return 1 / factorial ** 2;
});
/** √x · e⁻ˣ · I₀(x) as a polynomial of 16/x − 1 for x > 8, to 1.4e-9. */
const BESSEL_TAIL = [
  0.4021765094192121, 0.003360555700142747, 0.00013621716424333952, 0.000011112148285134403,
  1.4761157339782118e-6, 3.626670385614705e-7, 1.086794250926282e-7,
];
const polynomial = (x: Value, coefficients: readonly number[]) =>
  coefficients
    .slice(0, -1)
    .reduceRight<Value>(
      (sum, c) => lax.add(lax.mul(sum, x), c),
      lax.full(x.shape, coefficients[coefficients.length - 1], "float32"),
    );
/** The modified Bessel function of the first kind and order 0. */
export const i0 = /* @__PURE__ */ operation(
  "numpy.I0(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const a = lax.abs(v);
      const near = lax.le(a, 8);
      const small = lax.select(near, lax.mul(lax.mul(v, v), 0.25), 0);
      const large = lax.select(near, 16, a);
      const tail = polynomial(lax.sub(lax.div(16, large), 1), BESSEL_TAIL);
      const half = lax.exp(lax.mul(large, 0.5));
      return lax.select(
        near,
        polynomial(small, BESSEL),
        lax.mul(lax.mul(half, lax.div(tail, lax.sqrt(large))), half),
      );
    }),
);

// ---- signs and neighbours

export const fabs = /* @__PURE__ */ operation(
  "numpy.Fabs(x)",
  (x: TensorLike): Tensor => floating(x, lax.abs),
);
/** Towards zero; integers stay as they are. */
export const trunc = /* @__PURE__ */ operation(
  "numpy.Trunc(x)",
  (x: TensorLike): Tensor =>
    same(x, (v) => (isInteger(v) ? v : lax.select(lax.lt(v, 0), lax.ceil(v), lax.floor(v)))),
);
/** Whether the sign is minus, also that of −0. */
export const signbit = /* @__PURE__ */ operation(
  "numpy.Signbit(x)",
  (x: TensorLike): Tensor =>
    same(x, (v) => {
      if (v.dtype === "float32") return lax.lt(lax.bitcastConvert(v, "int32"), 0);
      return v.dtype === "int32" ? lax.lt(v, 0) : lax.full(v.shape, 0, "bool");
    }),
);
/** 0 below 0, 1 above, `x2` at 0. */
export const heaviside = /* @__PURE__ */ operation(
  "numpy.Heaviside(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(
      x1,
      x2,
      (x, y) => lax.select(lax.lt(x, 0), 0, lax.select(lax.gt(x, 0), 1, lax.select(lax.eq(x, 0), y, x))),
      "float32",
    ),
);
/** The float32 next to `x1` towards `x2`. */
export const nextafter = /* @__PURE__ */ operation(
  "numpy.Nextafter(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(
      x1,
      x2,
      (x, y) => {
        const bits = lax.bitcastConvert(x, "int32");
        const outwards = lax.eq(lax.lt(x, y), lax.gt(x, 0));
        const stepped = lax.bitcastConvert(
          lax.add(bits, lax.select(outwards, lax.full(x.shape, 1, "int32"), -1)),
          "float32",
        );
        const smallest = lax.select(lax.lt(y, 0), lax.full(x.shape, -(2 ** -149), "float32"), 2 ** -149);
        const moved = lax.select(lax.eq(x, 0), smallest, stepped);
        const anyNaN = lax.or(lax.ne(x, x), lax.ne(y, y));
        return lax.select(anyNaN, lax.add(x, y), lax.select(lax.eq(x, y), y, moved));
      },
      "float32",
    ),
);
export const isposinf = /* @__PURE__ */ operation(
  "numpy.Isposinf(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.eq(v, Number.POSITIVE_INFINITY)),
);
export const isneginf = /* @__PURE__ */ operation(
  "numpy.Isneginf(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.eq(v, Number.NEGATIVE_INFINITY)),
);
const LARGEST = 3.4028234663852886e38;
/** NaN and infinities replaced; by default with 0 and the largest numbers. */
export const nanToNum = /* @__PURE__ */ operation(
  "numpy.NanToNum(x; nan=0, posinf=null, neginf=null)",
  (x: TensorLike, nan = 0, posinf: number | null = null, neginf: number | null = null): Tensor =>
    same(x, (v) => {
      if (isInteger(v)) return v;
      const defined = lax.select(lax.ne(v, v), nan, v);
      const above = lax.select(lax.eq(v, Number.POSITIVE_INFINITY), posinf ?? LARGEST, defined);
      return lax.select(lax.eq(v, Number.NEGATIVE_INFINITY), neginf ?? -LARGEST, above);
    }),
);

// ---- two operands

/** As `divide`. */
export const trueDivide = /* @__PURE__ */ operation(
  "numpy.TrueDivide(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.div, "float32"),
);
/** The larger one; where one is NaN, the other. */
export const fmax = /* @__PURE__ */ operation(
  "numpy.Fmax(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(x1, x2, (x, y) => lax.select(lax.or(lax.gt(x, y), lax.ne(y, y)), x, y)),
);
/** The smaller one; where one is NaN, the other. */
export const fmin = /* @__PURE__ */ operation(
  "numpy.Fmin(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(x1, x2, (x, y) => lax.select(lax.or(lax.lt(x, y), lax.ne(y, y)), x, y)),
);
/** Remainder with the dividend's sign, as in C. */
export const fmod = /* @__PURE__ */ operation(
  "numpy.Fmod(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor => pair(x1, x2, lax.rem),
);
export const logicalXor = /* @__PURE__ */ operation(
  "numpy.LogicalXor(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.xor, "bool"),
);

/** @throws if an operand is not of integers (or bool) */
function integers(name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] {
  const pairOf: [Tensor, Tensor] = [toTensor(x, "int32"), toTensor(y, "int32")];
  for (const t of pairOf)
    if (!isInteger(t)) throw new Error(`ops.${name}: expected integers. Received: dtype=${t.dtype}`);
  return pairOf;
}

/** The largest integer that divides both, at least 0. */
export const gcd = /* @__PURE__ */ operation(
  "numpy.Gcd(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor => composite(integers("gcd", x1, x2), gcdOf),
);
function gcdOf(x: Tensor, y: Tensor): Tensor {
  const start = [x, y].map((t) => pair(t, t === x ? y : x, (v) => lax.abs(v)));
  return whileLoop<Tensor[]>(
    ([, b]) => b.notEqual(0).any(),
    ([a, b]) => {
      const done = b.equal(0);
      const next = (d: Value, p: Value, q: Value) => lax.select(d, p, q);
      const remainder = pair(a, b, lax.rem);
      return [
        apply([done, a, b], (d, p, q) => next(d as Value, p as Value, q as Value)),
        apply([done, b, remainder], (d, p, q) => next(d as Value, p as Value, q as Value)),
      ];
    },
    start,
  )[0];
}
/** The smallest positive integer that both divide, 0 if one is 0. */
export const lcm = /* @__PURE__ */ operation(
  "numpy.Lcm(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    composite(integers("lcm", x1, x2), (x, y) => {
      const divisor = gcdOf(x, y);
      return apply([x, y, divisor], (a, b, d) => {
        const [p, q, g] = together([a, b, d]);
        const none = lax.eq(g, 0);
        return lax.select(none, 0, lax.abs(lax.mul(p, lax.div(q, lax.select(none, 1, g)))));
      });
    }),
);

// ---- comparison

function closeOf(x: Value, y: Value, rtol: number, atol: number, equalNan: boolean): Value {
  const tolerance = lax.add(lax.mul(lax.abs(y), rtol), atol);
  const finite = lax.eq(lax.sub(y, y), 0);
  const near = lax.and(finite, lax.le(lax.abs(lax.sub(x, y)), tolerance));
  const close = lax.or(lax.eq(x, y), near);
  return equalNan ? lax.or(close, lax.and(lax.ne(x, x), lax.ne(y, y))) : close;
}
/** |x1 − x2| ≤ atol + rtol · |x2|. */
export const isclose = /* @__PURE__ */ operation(
  "numpy.Isclose(x1, x2, rtol, atol; equal_nan=false)",
  (x1: TensorLike, x2: TensorLike, rtol = 1e-5, atol = 1e-8, equalNan = false): Tensor =>
    pair(x1, x2, (x, y) => closeOf(x, y, rtol, atol, equalNan), "float32"),
);
/** Whether `isclose` holds for all elements. */
export const allclose = /* @__PURE__ */ operation(
  "numpy.AllClose(x1, x2; rtol=0.00001, atol=1e-8, equal_nan=false)",
  (x1: TensorLike, x2: TensorLike, rtol = 1e-5, atol = 1e-8, equalNan = false): Tensor =>
    pair(
      x1,
      x2,
      (x, y) => {
        const close = closeOf(x, y, rtol, atol, equalNan);
        return lax.reduceAnd(
          close,
          close.shape.map((_, axis) => axis),
        );
      },
      "float32",
    ),
);
/** Whether each element of `x1` occurs in `x2`. */
export const isin = /* @__PURE__ */ operation(
  "numpy.IsIn(x1, x2; assume_unique=false, invert=false)",
  (x1: TensorLike, x2: TensorLike, _assumeUnique = false, invert = false): Tensor =>
    apply([toTensor(x1), toTensor(x2)], (a, b) => {
      const dtype = resultType(a, b);
      const [x, y] = [lax.convert(a as Value, dtype), lax.convert(b as Value, dtype)];
      const size = y.shape.reduce((n, extent) => n * extent, 1);
      const equal = lax.eq(lax.reshape(x, [...x.shape, 1]), lax.reshape(y, [size]));
      const found = lax.reduceOr(equal, [x.shape.length]);
      return invert ? lax.not(found) : found;
    }),
);
