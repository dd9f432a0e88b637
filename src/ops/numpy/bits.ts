import * as lax from "../../primitives/index.js";
import type { DType } from "../../tensor/dtype.js";
import type { Value } from "../../trace/graph.js";
import { cast } from "../elementwise.js";
import { pair, same } from "../lift.js";
import { operation } from "../operation.js";
import { type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: integers as rows of bits

const isInteger = ({ dtype }: { readonly dtype: DType }) => dtype !== "float32";

/** @throws if an operand is not of integers */
const bitwise = (name: string, compute: (x: Value, y: Value) => Value) =>
  function of(x: TensorLike, y: TensorLike): Tensor {
    const [a, b] = [x, y].map((t) => (typeof t === "number" ? t : toTensor(t, "int32")));
    for (const t of [a, b]) {
      if (typeof t === "number" ? !Number.isInteger(t) : !isInteger(t))
        throw new Error(
          `ops.${name}: expected integers. Received: ${typeof t === "number" ? t : `dtype=${t.dtype}`}`,
        );
    }
    return pair(a, b, compute);
  };
export const bitwiseAnd = /* @__PURE__ */ operation(
  "numpy.BitwiseAnd(x, y)",
  /* @__PURE__ */ bitwise("bitwiseAnd", lax.and),
);
export const bitwiseOr = /* @__PURE__ */ operation(
  "numpy.BitwiseOr(x, y)",
  /* @__PURE__ */ bitwise("bitwiseOr", lax.or),
);
export const bitwiseXor = /* @__PURE__ */ operation(
  "numpy.BitwiseXor(x, y)",
  /* @__PURE__ */ bitwise("bitwiseXor", lax.xor),
);
/** 0 where the count is negative or 32 and more. */
const shiftLeftOf = (x: Value, count: Value) => lax.select(inRange(x, count), lax.shiftLeft(x, count), 0);
/** The sign (of unsigned integers 0) where the count is negative or 32 and more. */
const shiftRightOf = (x: Value, count: Value) =>
  x.dtype === "int32"
    ? lax.shiftRightArithmetic(x, lax.select(inRange(x, count), count, 31))
    : lax.select(inRange(x, count), lax.shiftRightLogical(x, count), 0);
const inRange = (x: Value, count: Value) => {
  const below = lax.lt(count, x.dtype === "uint8" ? 8 : 32);
  return count.dtype === "int32" ? lax.and(lax.ge(count, 0), below) : below;
};
export const bitwiseLeftShift = /* @__PURE__ */ operation(
  "numpy.BitwiseLeftShift(x, y)",
  /* @__PURE__ */ bitwise("bitwiseLeftShift", shiftLeftOf),
);
export const leftShift = /* @__PURE__ */ operation(
  "numpy.LeftShift(x, y)",
  /* @__PURE__ */ bitwise("leftShift", shiftLeftOf),
);
export const bitwiseRightShift = /* @__PURE__ */ operation(
  "numpy.BitwiseRightShift(x, y)",
  /* @__PURE__ */ bitwise("bitwiseRightShift", shiftRightOf),
);
export const rightShift = /* @__PURE__ */ operation(
  "numpy.RightShift(x, y)",
  /* @__PURE__ */ bitwise("rightShift", shiftRightOf),
);
const notOf =
  (name: string) =>
  (x: TensorLike): Tensor => {
    const t = toTensor(x, "int32");
    if (!isInteger(t)) throw new Error(`ops.${name}: expected integers. Received: dtype=${t.dtype}`);
    return same(t, lax.not);
  };
/** All bits the other way round; of bool the opposite. */
export const bitwiseNot = /* @__PURE__ */ operation(
  "numpy.BitwiseNot(x)",
  /* @__PURE__ */ notOf("bitwiseNot"),
);
export const bitwiseInvert = /* @__PURE__ */ operation(
  "numpy.BitwiseInvert(x)",
  /* @__PURE__ */ notOf("bitwiseInvert"),
);

/** Converted to `dtype`, limited to what it can hold. */
export function saturateCast(x: TensorLike, dtype: DType): Tensor {
  const limits: Partial<Record<DType, readonly [number, number]>> = {
    uint8: [0, 255],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  };
  const t = toTensor(x);
  const limit = limits[dtype];
  // floats saturate at the limits of 32 bits by themselves, and bool is always in range
  if (!limit || t.dtype === "bool" || (t.dtype === "float32" && dtype !== "uint8")) return cast(t, dtype);
  const own = limits[t.dtype] ?? limit;
  const [low, high] = [Math.max(limit[0], own[0]), Math.min(limit[1], own[1])];
  return cast(
    same(t, (v) => lax.clamp(low, v, high)),
    dtype,
  );
}
