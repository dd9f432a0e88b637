import type { DType } from "../tensor/dtype.js";
import type { Value } from "../trace/graph.js";
import type { Elementwise, Primitive } from "../trace/primitive.js";
import type { ScalarMath } from "../trace/scalar.js";
import { bind, evaluateElementwise } from "./define.js";

function convertLane<T, W>(m: ScalarMath<T, W>, x: T, from: DType, to: DType): T {
  if (from === to) return x;
  const asInteger = from === "bool" ? m.and(x, m.i32(1)) : x;
  switch (to) {
    case "float32":
      if (from === "float32") return x;
      return from === "uint32" ? m.uintToFloat(x) : m.intToFloat(asInteger);
    case "bool":
      return from === "float32" ? m.ne(x, m.f32(0)) : m.ine(x, m.i32(0));
    case "int32":
      return from === "float32" ? m.floatToInt(x) : asInteger;
    case "uint32":
      return from === "float32" ? m.floatToUint(x) : asInteger;
    case "uint8":
      return m.and(from === "float32" ? m.floatToInt(x) : asInteger, m.i32(255));
  }
}

const elementwise: Elementwise<{ dtype: DType }> = {
  scalar: (m, [x], { inputs: [from], output }) => convertLane(m, x, from, output),
};

const convertPrimitive: Primitive<{ dtype: DType }> = {
  name: "convert",
  elementwise,
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  evaluate: (inputs, params, [type]) => [evaluateElementwise(elementwise, inputs, params, type)],
  vjp: ({ cotangents: [cotangent], inputs: [x] }) => [x.dtype === "float32" ? cotangent : undefined],
};

/**
 * The same numbers in another dtype: floats are truncated towards zero and saturate at the limits of int32 and
 * uint32 (NaN gives 0), uint8 is taken modulo 256, bool is "not zero".
 */
export function convert(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : bind(convertPrimitive, { dtype }, x);
}

const bitcastElementwise: Elementwise<{ dtype: DType }> = {
  scalar: (m, [x], { inputs: [from], output }) => {
    if ((from === "float32") === (output === "float32")) return x;
    return output === "float32" ? m.asFloat(x) : m.asInt(x);
  },
};

const bitcastPrimitive: Primitive<{ dtype: DType }> = {
  name: "bitcast_convert",
  elementwise: bitcastElementwise,
  infer: ([x], { dtype }) => {
    for (const type of [x.dtype, dtype]) {
      if (type === "uint8" || type === "bool")
        throw new Error(`bitcast_convert: expected 32-bit dtypes. Received: ${type}`);
    }
    return [{ shape: x.shape, dtype }];
  },
  evaluate: (inputs, params, [type]) => [evaluateElementwise(bitcastElementwise, inputs, params, type)],
  vjp: () => [],
};

/** The same bits read as another 32-bit dtype. */
export function bitcastConvert(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : bind(bitcastPrimitive, { dtype }, x);
}
