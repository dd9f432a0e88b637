import { broadcastShapes, sameShape } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import type { ScalarMath } from "../trace/scalar.js";
import { broadcastTo } from "./broadcast.js";
import { bind, defineElementwise } from "./define.js";
import * as lane from "./math/index.js";

/** A value, or a number that stands for a constant of the other operand's type. */
export type Operand = Value | number;

// Operands are broadcast as NumPy does before a primitive sees them; the primitives want equal shapes.

function unaryOp(primitive: Primitive): (x: Value) => Value {
  return (x) => bind(primitive, {}, x);
}

function binaryOp(primitive: Primitive): (x: Operand, y: Operand) => Value {
  return (x, y) => bind(primitive, {}, ...broadcasted(x, y));
}

/** Brings operands to one shape; numbers take the type of the first value among them. */
export function broadcasted(...operands: Operand[]): Value[] {
  const first = operands.find((operand): operand is Value => typeof operand !== "number");
  if (!first) throw new Error("At least one operand must be a tensor.");
  const values = operands.map((o) =>
    typeof o === "number" ? constant(o, { shape: [], dtype: first.dtype }) : o,
  );
  const shape = values.map((v) => v.shape).reduce(broadcastShapes);
  return values.map((v) => (sameShape(v.shape, shape) ? v : broadcastTo(v, shape)));
}

const compareLanes = (
  float32: <T, W>(m: ScalarMath<T, W>, x: T, y: T) => T,
  integer: <T, W>(m: ScalarMath<T, W>, x: T, y: T) => T,
  uint32 = integer,
) => ({ float32, integer, uint32, bool: integer });

// ---- one operand

const negPrimitive = defineElementwise("neg", {
  arity: 1,
  lanes: { float32: (m, x) => m.neg(x), integer: (m, x) => m.isub(m.i32(0), x) },
  vjp: ({ cotangent }) => [neg(cotangent)],
});
/** −x; of integers with wrap-around. */
export const neg = unaryOp(negPrimitive);

const absPrimitive = defineElementwise("abs", {
  arity: 1,
  lanes: {
    float32: (m, x) => m.abs(x),
    integer: (m, x) => m.imax(x, m.isub(m.i32(0), x)),
    uint32: (_, x) => x,
  },
  vjp: ({ cotangent, inputs: [x] }) => [mul(cotangent, sign(x))],
});
/** |x|; of the lowest int32 itself. */
export const abs = unaryOp(absPrimitive);

const signPrimitive = defineElementwise("sign", {
  arity: 1,
  lanes: {
    float32: lane.sign,
    integer: (m, x) => m.imax(m.i32(-1), m.imin(m.i32(1), x)),
    uint32: (m, x) => m.umin(m.i32(1), x),
  },
  vjp: () => [],
});
/** −1, 0 or 1; keeps NaN and the sign of zero. */
export const sign = unaryOp(signPrimitive);

const floorPrimitive = defineElementwise("floor", {
  arity: 1,
  lanes: { float32: (m, x) => m.floor(x) },
  vjp: () => [],
});
/** The largest integer ≤ x. */
export const floor = unaryOp(floorPrimitive);

const ceilPrimitive = defineElementwise("ceil", {
  arity: 1,
  lanes: { float32: (m, x) => m.ceil(x) },
  vjp: () => [],
});
/** The smallest integer ≥ x. */
export const ceil = unaryOp(ceilPrimitive);

const roundPrimitive = defineElementwise("round", {
  arity: 1,
  lanes: { float32: (m, x) => m.nearest(x) },
  vjp: () => [],
});
/** Nearest integer, ties to even. */
export const round = unaryOp(roundPrimitive);

const expPrimitive = defineElementwise("exp", {
  arity: 1,
  lanes: { float32: lane.exp },
  vjp: ({ cotangent, outputs: [y] }) => [mul(cotangent, y)],
});
/** eˣ. */
export const exp = unaryOp(expPrimitive);

const expm1Primitive = defineElementwise("expm1", {
  arity: 1,
  lanes: { float32: lane.expm1 },
  vjp: ({ cotangent, outputs: [y] }) => [mul(cotangent, add(y, 1))],
});
/** eˣ − 1, accurate near 0. */
export const expm1 = unaryOp(expm1Primitive);

const logPrimitive = defineElementwise("log", {
  arity: 1,
  lanes: { float32: lane.log },
  vjp: ({ cotangent, inputs: [x] }) => [div(cotangent, x)],
});
/** Natural logarithm: −∞ of ±0, NaN below. */
export const log = unaryOp(logPrimitive);

const log1pPrimitive = defineElementwise("log1p", {
  arity: 1,
  lanes: { float32: lane.log1p },
  vjp: ({ cotangent, inputs: [x] }) => [div(cotangent, add(x, 1))],
});
/** log(1 + x), accurate near 0. */
export const log1p = unaryOp(log1pPrimitive);

const sqrtPrimitive = defineElementwise("sqrt", {
  arity: 1,
  lanes: { float32: (m, x) => m.sqrt(x) },
  vjp: ({ cotangent, outputs: [y] }) => [div(mul(cotangent, 0.5), y)],
});
/** √x: −0 of −0, NaN below. */
export const sqrt = unaryOp(sqrtPrimitive);

const rsqrtPrimitive = defineElementwise("rsqrt", {
  arity: 1,
  lanes: { float32: lane.rsqrt },
  vjp: ({ cotangent, inputs: [x], outputs: [y] }) => [mul(cotangent, mul(-0.5, div(y, x)))],
});
/** 1 / √x. */
export const rsqrt = unaryOp(rsqrtPrimitive);

const tanhPrimitive = defineElementwise("tanh", {
  arity: 1,
  lanes: { float32: lane.tanh },
  vjp: ({ cotangent, outputs: [y] }) => [mul(cotangent, sub(1, mul(y, y)))],
});
/** Hyperbolic tangent. */
export const tanh = unaryOp(tanhPrimitive);

const logisticPrimitive = defineElementwise("logistic", {
  arity: 1,
  lanes: { float32: lane.logistic },
  vjp: ({ cotangent, outputs: [y] }) => [mul(cotangent, mul(y, sub(1, y)))],
});
/** 1 / (1 + e⁻ˣ). */
export const logistic = unaryOp(logisticPrimitive);

const erfPrimitive = defineElementwise("erf", {
  arity: 1,
  lanes: { float32: lane.erf },
  vjp: ({ cotangent, inputs: [x] }) => [mul(cotangent, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x)))))],
});
/** Error function: 2/√π · ∫₀ˣ exp(−t²) dt. */
export const erf = unaryOp(erfPrimitive);

const sinPrimitive = defineElementwise("sin", {
  arity: 1,
  lanes: { float32: lane.sin },
  vjp: ({ cotangent, inputs: [x] }) => [mul(cotangent, cos(x))],
});
/** Sine of radians. */
export const sin = unaryOp(sinPrimitive);

const cosPrimitive = defineElementwise("cos", {
  arity: 1,
  lanes: { float32: lane.cos },
  vjp: ({ cotangent, inputs: [x] }) => [neg(mul(cotangent, sin(x)))],
});
/** Cosine of radians. */
export const cos = unaryOp(cosPrimitive);

const notPrimitive = defineElementwise("not", {
  arity: 1,
  lanes: { integer: (m, x) => m.not(x), bool: (m, x) => m.not(x) },
});
/** Bitwise on integers, logical on bool. */
export const not = unaryOp(notPrimitive);

const identityPrimitive = defineElementwise("identity", {
  arity: 1,
  lanes: { float32: (_, x) => x, integer: (_, x) => x, bool: (_, x) => x },
  vjp: ({ cotangent }) => [cotangent],
});
/** The same array under a new name: where a gradient is to be taken with respect to a use of a value. */
export const identity = unaryOp(identityPrimitive);

const stopGradientPrimitive = defineElementwise("stop_gradient", {
  arity: 1,
  lanes: { float32: (_, x) => x, integer: (_, x) => x, bool: (_, x) => x },
  vjp: () => [],
});
/** The same array, taken as a constant by differentiation. */
export const stopGradient = unaryOp(stopGradientPrimitive);

// ---- two operands

const addPrimitive = defineElementwise("add", {
  arity: 2,
  lanes: { float32: (m, x, y) => m.add(x, y), integer: (m, x, y) => m.iadd(x, y) },
  vjp: ({ cotangent }) => [cotangent, cotangent],
});
/** x + y; of integers with wrap-around. */
export const add = binaryOp(addPrimitive);

const subPrimitive = defineElementwise("sub", {
  arity: 2,
  lanes: { float32: (m, x, y) => m.sub(x, y), integer: (m, x, y) => m.isub(x, y) },
  vjp: ({ cotangent }) => [cotangent, neg(cotangent)],
});
/** x − y; of integers with wrap-around. */
export const sub = binaryOp(subPrimitive);

const mulPrimitive = defineElementwise("mul", {
  arity: 2,
  lanes: { float32: (m, x, y) => m.mul(x, y), integer: (m, x, y) => m.imul(x, y) },
  vjp: ({ cotangent, inputs: [x, y] }) => [mul(cotangent, y), mul(cotangent, x)],
});
/** x · y; of integers with wrap-around. */
export const mul = binaryOp(mulPrimitive);

const divPrimitive = defineElementwise("div", {
  arity: 2,
  lanes: {
    float32: (m, x, y) => m.div(x, y),
    integer: (m, x, y) => m.idiv(x, y),
    uint32: (m, x, y) => m.udiv(x, y),
  },
  vjp: ({ cotangent, inputs: [, y], outputs: [z] }) => {
    const dx = div(cotangent, y);
    return [dx, neg(mul(dx, z))];
  },
});
/** Quotient; of integers truncated towards zero (x / 0 is all bits set, the lowest int32 by −1 itself). */
export const div = binaryOp(divPrimitive);

const remPrimitive = defineElementwise("rem", {
  arity: 2,
  lanes: { float32: lane.rem, integer: (m, x, y) => m.irem(x, y), uint32: (m, x, y) => m.urem(x, y) },
  vjp: ({ cotangent, inputs: [x, y] }) => {
    const quotient = div(x, y);
    return [cotangent, neg(mul(cotangent, mul(sign(quotient), floor(abs(quotient)))))];
  },
});
/** Remainder with the dividend's sign, exact; of integers x rem 0 = x, of floats NaN. */
export const rem = binaryOp(remPrimitive);

const powPrimitive = defineElementwise("pow", {
  arity: 2,
  lanes: { float32: lane.pow },
  vjp: ({ cotangent, inputs: [x, y], outputs: [z] }) => [
    mul(cotangent, select(eq(y, 0), 0, mul(y, pow(x, sub(y, 1))))),
    // xʸ · log x, whose limit at 0 is 0; below 0 there is no derivative: NaN
    mul(cotangent, mul(z, log(select(eq(x, 0), 1, x)))),
  ],
});
/** xʸ: 1 for y = 0, NaN for negative x and a y that is no integer. */
export const pow = binaryOp(powPrimitive);

/** Cotangents of max and min: to the winner, half to each on ties. */
function chosen(cotangent: Value, x: Value, y: Value, z: Value): Value[] {
  const half = mul(cotangent, 0.5);
  const both = eq(x, y);
  return [
    select(both, half, select(eq(x, z), cotangent, 0)),
    select(both, half, select(eq(y, z), cotangent, 0)),
  ];
}

const maxPrimitive = defineElementwise("max", {
  arity: 2,
  lanes: {
    // NaN if either operand is NaN; the first operand on ties (so of +0 and −0)
    float32: (m, x, y) => m.select(m.ne(y, y), y, m.pmax(x, y)),
    integer: (m, x, y) => m.imax(x, y),
    uint32: (m, x, y) => m.umax(x, y),
    bool: (m, x, y) => m.or(x, y),
  },
  vjp: ({ cotangent, inputs: [x, y], outputs: [z] }) => chosen(cotangent, x, y, z),
});
/** The larger operand: NaN if one is NaN, the first on ties (so of +0 and −0). On ties each gets half of the gradient. */
export const max = binaryOp(maxPrimitive);

const minPrimitive = defineElementwise("min", {
  arity: 2,
  lanes: {
    float32: (m, x, y) => m.select(m.ne(y, y), y, m.pmin(x, y)),
    integer: (m, x, y) => m.imin(x, y),
    uint32: (m, x, y) => m.umin(x, y),
    bool: (m, x, y) => m.and(x, y),
  },
  vjp: ({ cotangent, inputs: [x, y], outputs: [z] }) => chosen(cotangent, x, y, z),
});
/** The smaller operand: NaN if one is NaN, the first on ties (so of +0 and −0). On ties each gets half of the gradient. */
export const min = binaryOp(minPrimitive);

const bitwise = (name: string, compute: <T, W>(m: ScalarMath<T, W>, x: T, y: T) => T) =>
  binaryOp(defineElementwise(name, { arity: 2, lanes: { integer: compute, bool: compute } }));

/** Bitwise on integers, logical on bool. */
export const and = bitwise("and", (m, x, y) => m.and(x, y));
/** Bitwise on integers, logical on bool. */
export const or = bitwise("or", (m, x, y) => m.or(x, y));
/** Bitwise on integers, logical on bool. */
export const xor = bitwise("xor", (m, x, y) => m.xor(x, y));

const shift = (name: string, integer: <T, W>(m: ScalarMath<T, W>, x: T, count: T) => T) =>
  binaryOp(defineElementwise(name, { arity: 2, lanes: { integer } }));

/** Counts are taken modulo 32. */
export const shiftLeft = shift("shift_left", (m, x, y) => m.shlBy(x, y));
/** Counts are taken modulo 32. */
export const shiftRightLogical = shift("shift_right_logical", (m, x, y) => m.shrUBy(x, y));
/** Counts are taken modulo 32. */
export const shiftRightArithmetic = shift("shift_right_arithmetic", (m, x, y) => m.shrSBy(x, y));

function comparison(name: string, lanes: ReturnType<typeof compareLanes>) {
  return binaryOp(defineElementwise(name, { arity: 2, lanes, output: "bool" }));
}
/** x = y; false when one is NaN, true of +0 and −0. */
export const eq = comparison(
  "eq",
  compareLanes(
    (m, x, y) => m.eq(x, y),
    (m, x, y) => m.ieq(x, y),
  ),
);
/** x ≠ y; true when one is NaN. */
export const ne = comparison(
  "ne",
  compareLanes(
    (m, x, y) => m.ne(x, y),
    (m, x, y) => m.ine(x, y),
  ),
);
/** x < y; false when one is NaN. */
export const lt = comparison(
  "lt",
  compareLanes(
    (m, x, y) => m.lt(x, y),
    (m, x, y) => m.ilt(x, y),
    (m, x, y) => m.ult(x, y),
  ),
);
/** x ≤ y; false when one is NaN. */
export const le = comparison(
  "le",
  compareLanes(
    (m, x, y) => m.le(x, y),
    (m, x, y) => m.ile(x, y),
    (m, x, y) => m.ule(x, y),
  ),
);
/** x > y; false when one is NaN. */
export const gt = (x: Operand, y: Operand) => lt(y, x);
/** x ≥ y; false when one is NaN. */
export const ge = (x: Operand, y: Operand) => le(y, x);

// ---- three operands

const selectLanes = <T, W>(m: ScalarMath<T, W>, mask: T, x: T, y: T) => m.select(mask, x, y);
const selectPrimitive = defineElementwise("select", {
  arity: 3,
  typedBy: 1,
  lanes: { float32: selectLanes, integer: selectLanes, bool: selectLanes },
  vjp: ({ cotangent, inputs: [mask] }) => [undefined, select(mask, cotangent, 0), select(mask, 0, cotangent)],
});
/** `mask ? x : y`. */
export function select(mask: Value, x: Operand, y: Operand): Value {
  const [first, second] =
    typeof x === "number" && typeof y === "number" ? broadcastedFloats(x, y) : broadcasted(x, y);
  return bind(selectPrimitive, {}, ...broadcasted(mask, first, second));
}

function broadcastedFloats(...numbers: number[]): Value[] {
  return numbers.map((number) => constant(number, { shape: [], dtype: "float32" }));
}

const clampPrimitive = defineElementwise("clamp", {
  arity: 3,
  lanes: {
    // NaN stays NaN, as in XLA
    float32: (m, low, x, high) => m.pmin(m.pmax(x, low), high),
    integer: (m, low, x, high) => m.imin(m.imax(x, low), high),
    uint32: (m, low, x, high) => m.umin(m.umax(x, low), high),
  },
  vjp: ({ cotangent, inputs: [low, x, high] }) => {
    // that of min(max(x, low), high), as in Keras: half of the cotangent passes at exact equality
    const share = (greater: Value, equal: Value, whole: Value) =>
      select(greater, whole, select(equal, mul(whole, 0.5), 0));
    const raised = max(x, low);
    const through = share(lt(raised, high), eq(raised, high), cotangent);
    return [
      share(lt(x, low), eq(x, low), through),
      share(lt(low, x), eq(x, low), through),
      share(lt(high, raised), eq(raised, high), cotangent),
    ];
  },
});
/** x limited to [low, high]: min(max(x, low), high); NaN stays NaN. */
export function clamp(low: Operand, x: Value, high: Operand): Value {
  const [value, least, most] = broadcasted(x, low, high);
  return bind(clampPrimitive, {}, least, value, most);
}

const fmaPrimitive = defineElementwise("fma", {
  arity: 3,
  lanes: { float32: (m, x, y, z) => m.narrow(m.wadd(m.wmul(m.widen(x), m.widen(y)), m.widen(z))) },
  vjp: ({ cotangent, inputs: [x, y] }) => [mul(cotangent, y), mul(cotangent, x), cotangent],
});
/**
 * x · y + z computed in float64 and rounded once to float32. It is there because XLA fuses in its random
 * numbers (and only where a definition asks for it: no backend fuses a `mul` and an `add` by itself).
 */
export function fma(x: Operand, y: Operand, z: Operand): Value {
  return bind(fmaPrimitive, {}, ...broadcasted(x, y, z));
}
