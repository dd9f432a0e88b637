import { describe, expect, it } from "vitest";
import type { FunctionBuilder, OpName, ValueType } from "./index.js";
import { ModuleBuilder } from "./index.js";
import {
  type AtomicName,
  accessBytes,
  atomicOpcodes,
  type LaneName,
  type LoadLaneName,
  type LoadName,
  laneCount,
  laneOpcodes,
  loadLaneOpcodes,
  loadOpcodes,
  memoryOpcodes,
  opcodes,
  type StoreLaneName,
  type StoreName,
  storeLaneOpcodes,
  storeOpcodes,
} from "./opcodes.js";

const keys = <Table extends object>(table: Table) => Object.keys(table) as (keyof Table & string)[];
const scalarNames: readonly string[] = ["i32", "i64", "f32", "f64"];
const typeOf = (prefix: string) => (scalarNames.includes(prefix) ? prefix : "v128") as ValueType;
/** The scalar that a lane is read into: i8x16 → i32, f64x2 → f64. */
const laneType = (shape: string) => shape.replace(/^i(8|16)/, "i32").replace(/x\d+$/, "") as ValueType;

interface Signature {
  operands: ValueType[];
  results: ValueType[];
}

/** What the name says about the types on the stack. */
function signature(name: OpName): Signature {
  if (name === "unreachable" || name === "nop" || name === "return") return { operands: [], results: [] };
  if (name === "drop") return { operands: ["f32"], results: [] };
  if (name === "select") return { operands: ["v128", "v128", "i32"], results: ["v128"] };
  const [shape, operation] = name.split(".");
  const type = typeOf(shape);
  const other = /_([if](?:32|64))(?:_[su])?$/.exec(operation);
  if (operation === "splat") return { operands: [laneType(shape)], results: ["v128"] };
  if (operation === "bitselect") return { operands: ["v128", "v128", "v128"], results: ["v128"] };
  if (/^(all_true|any_true|bitmask)$/.test(operation)) return { operands: ["v128"], results: ["i32"] };
  if (operation === "eqz") return { operands: [type], results: ["i32"] };
  if (/^(eq|ne|[lg][te](_[su])?)$/.test(operation))
    return { operands: [type, type], results: [type === "v128" ? "v128" : "i32"] };
  if (other) return { operands: [other[1] as ValueType], results: [type] };
  if (/^(clz|ctz|popcnt|abs|neg|not|sqrt|ceil|floor|trunc|nearest)$/.test(operation))
    return { operands: [type], results: [type] };
  if (/^(ext(end|add)|convert|trunc_sat|demote|promote)/.test(operation))
    return { operands: [type], results: [type] };
  if (type === "v128" && /^sh[lr]/.test(operation)) return { operands: ["v128", "i32"], results: ["v128"] };
  return { operands: [type, type], results: [type] };
}

function isValid({ operands, results }: Signature, emit: (f: FunctionBuilder) => void): boolean {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1, maximum: 1, shared: true });
  module.function(
    "f",
    operands.map((type, index) => [`p${index}`, type]),
    results,
    (f, ...parameters) => {
      for (const parameter of parameters) f.get(parameter);
      emit(f);
    },
  );
  return WebAssembly.validate(module.encode());
}

/** Valid with the signature, and not with one operand less or another result: the opcode has exactly these types. */
function expectSignature(exact: Signature, emit: (f: FunctionBuilder) => void): void {
  expect(isValid(exact, emit)).toBe(true);
  if (exact.operands.length) {
    expect(isValid({ ...exact, operands: exact.operands.slice(1) }, emit)).toBe(false);
  }
  const others = (["i32", "i64", "f32", "f64", "v128"] as const).filter((type) => type !== exact.results[0]);
  for (const type of others) expect(isValid({ ...exact, results: [type] }, emit)).toBe(false);
}

describe("the types of every instruction", () => {
  it.each(keys(opcodes).filter((name) => name !== "unreachable" && name !== "return"))("%s", (name) => {
    expectSignature(signature(name), (f) => f.op(name));
  });
  it.each(["unreachable", "return"] as const)("%s ends the function", (name) => {
    expect(
      isValid({ operands: ["f64"], results: name === "return" ? ["f64"] : ["v128"] }, (f) => f.op(name)),
    ).toBe(true);
  });
  it.each(keys(loadOpcodes))("%s", (name: LoadName) => {
    expectSignature({ operands: ["i32"], results: [typeOf(name.split(".")[0])] }, (f) =>
      f.load(name, 2 ** 32 - 1),
    );
  });
  it.each(keys(storeOpcodes))("%s", (name: StoreName) => {
    expectSignature({ operands: ["i32", typeOf(name.split(".")[0])], results: [] }, (f) =>
      f.store(name, 128),
    );
  });
  it.each(keys(loadLaneOpcodes))("%s", (name: LoadLaneName) => {
    expectSignature({ operands: ["i32", "v128"], results: ["v128"] }, (f) =>
      f.loadLane(name, 0, laneCount(name) - 1),
    );
  });
  it.each(keys(storeLaneOpcodes))("%s", (name: StoreLaneName) => {
    expectSignature({ operands: ["i32", "v128"], results: [] }, (f) =>
      f.storeLane(name, 0, laneCount(name) - 1),
    );
  });
  it.each(keys(laneOpcodes))("%s", (name: LaneName) => {
    const lane = laneType(name.split(".")[0]);
    const extract = name.includes("extract");
    expectSignature(
      { operands: extract ? ["v128"] : ["v128", lane], results: [extract ? lane : "v128"] },
      (f) => f.lane(name, laneCount(name) - 1),
    );
  });
  it.each(keys(atomicOpcodes))("%s", (name: AtomicName) => {
    const [prefix, , operation] = name.split(".");
    const type = typeOf(prefix);
    const signatures: Record<string, Signature> = {
      "memory.atomic.notify": { operands: ["i32", "i32"], results: ["i32"] },
      "memory.atomic.wait32": { operands: ["i32", "i32", "i64"], results: ["i32"] },
    };
    const operands: ValueType[] = ["i32"];
    if (operation !== "load") operands.push(type);
    const results = operation === "store" ? [] : [type];
    expectSignature(signatures[name] ?? { operands, results }, (f) => f.atomic(name, 8));
  });
  it("gives every opcode one name", () => {
    const all = [...Object.values(opcodes), ...Object.values(laneOpcodes), ...Object.values(memoryOpcodes)];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("accessBytes", () => {
  it.each([
    ["f32.load", 4],
    ["i64.load", 8],
    ["i32.store8", 1],
    ["v128.load", 16],
    ["v128.load32_splat", 4],
    ["v128.load64_zero", 8],
    ["v128.store32_lane", 4],
    ["i32.atomic.rmw.add", 4],
    ["memory.atomic.wait32", 4],
  ] as const)("%s: %i", (name, bytes) => expect(accessBytes(name)).toBe(bytes));
});

const memory = new WebAssembly.Memory({ initial: 1 });
const compiled = new Map<OpName, () => void>();
/** Instructions whose results some test below compares. */
const compared = new Set<OpName>();

/** A function of the one instruction, from operands at the addresses 0, 16 and 32 to a result at 64. */
function compile(name: OpName): () => void {
  const { operands, results } = signature(name);
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  const build = (f: FunctionBuilder) => {
    f.i32(0);
    operands.forEach((type, index) => {
      f.i32(16 * index).load(`${type}.load`, 0);
    });
    f.op(name).store(`${results[0]}.store`, 64);
  };
  module.function("f", [], [], build, { export: "f" });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  return instance.exports.f as () => void;
}

/** Runs the instruction on vectors or scalars given as bytes, and gives the bytes of its result. */
function evaluate(name: OpName, operands: readonly Uint8Array[]): ArrayBuffer {
  const run = compiled.get(name) ?? compile(name);
  compiled.set(name, run);
  const all = new Uint8Array(memory.buffer, 0, 80).fill(0);
  operands.forEach((operand, index) => {
    all.set(operand, 16 * index);
  });
  run();
  return memory.buffer.slice(64, 80);
}

const bytes = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

const integerShapes = [
  ["i32", 32, 1],
  ["i32x4", 32, 4],
] as const;

function packIntegers(lanes: readonly bigint[], bits: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  lanes.forEach((lane, index) => {
    for (let byte = 0; byte < bits / 8; byte++)
      view.setUint8((index * bits) / 8 + byte, Number((lane >> BigInt(8 * byte)) & 0xffn));
  });
  return bytes(view);
}

function unpackIntegers(buffer: ArrayBuffer, bits: number, count: number): bigint[] {
  const all = new Uint8Array(buffer);
  return Array.from({ length: count }, (_, index) => {
    let lane = 0n;
    for (let byte = bits / 8 - 1; byte >= 0; byte--)
      lane = (lane << 8n) | BigInt(all[(index * bits) / 8 + byte]);
    return BigInt.asIntN(bits, lane);
  });
}

const integerOperations: Record<string, (a: bigint, b: bigint) => bigint | boolean> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: (a, b) => a % b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  avgr: (a, b) => (a + b + 1n) >> 1n,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  abs: (a) => (a < 0n ? -a : a),
  neg: (a) => -a,
};

describe("integer arithmetic", () => {
  for (const [shape, bits, count] of integerShapes) {
    const most = 2n ** BigInt(bits - 1) - 1n;
    const samples = [5n, -3n, most, -most - 1n, 7n, 7n, 100n, -100n, 2n, -1n];
    const first = Array.from({ length: count }, (_, index) => samples[index % samples.length]);
    for (const name of keys(opcodes).filter((each) => each.startsWith(`${shape}.`))) {
      const parts = /^([a-z]+)(_sat)?(_[su])?$/.exec(name.slice(shape.length + 1));
      const operation = parts && integerOperations[parts[1]];
      if (!operation) continue;
      compared.add(name);
      it.each([0, 1, 2, 3, 4])(`${name} %#`, (turn) => {
        const signed = parts[3] !== "_u";
        const second = first.map((_, index) => samples[(index + 3 * turn + 1) % samples.length]);
        const read = (lane: bigint) => (signed ? BigInt.asIntN(bits, lane) : BigInt.asUintN(bits, lane));
        const clamp = (value: bigint) => {
          if (!parts[2]) return value;
          const [low, high] = signed ? [-most - 1n, most] : [0n, 2n * most + 1n];
          return value < low ? low : value > high ? high : value;
        };
        const expected = first.map((lane, index) => {
          const result = operation(read(lane), read(second[index]));
          if (typeof result === "boolean") return result ? (count > 1 ? -1n : 1n) : 0n;
          return BigInt.asIntN(bits, clamp(result));
        });
        const result = evaluate(name, [packIntegers(first, bits), packIntegers(second, bits)]);
        const resultBits = count === 1 && /^([lg][te]|eq|ne)/.test(parts[1]) ? 32 : bits;
        expect(unpackIntegers(result, resultBits, count)).toEqual(expected);
      });
    }
  }
});

const floatOperations: Record<string, (a: number, b: number) => number | boolean> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pmin: (a, b) => (b < a ? b : a),
  pmax: (a, b) => (a < b ? b : a),
  abs: Math.abs,
  neg: (a) => -a,
  sqrt: Math.sqrt,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest: (a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a)),
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};

describe("float arithmetic", () => {
  const samples = [1.5, -2.5, 0.1, 3, -0.3, 1e10, -7.75, 2.25, 0, -0, Number.POSITIVE_INFINITY, Number.NaN];
  const pairs = samples.flatMap((a) => samples.map((b) => [a, b] as const));
  const shapes = [
    ["f32", 1],
    ["f32x4", 4],
    ["f64x2", 2],
  ] as const;
  for (const [shape, count] of shapes) {
    const FloatArray = shape.startsWith("f32") ? Float32Array : Float64Array;
    const IntegerArray = shape.startsWith("f32") ? Int32Array : BigInt64Array;
    for (const name of keys(opcodes).filter((each) => each.startsWith(`${shape}.`))) {
      const operation = floatOperations[name.slice(shape.length + 1)];
      if (!operation) continue;
      compared.add(name);
      it(name, () => {
        for (let start = 0; start + count <= pairs.length; start += count) {
          const lanes = pairs.slice(start, start + count);
          const first = FloatArray.from(lanes.map(([a]) => a));
          const second = FloatArray.from(lanes.map(([, b]) => b));
          const expected = Array.from(first, (a, index) => operation(a, second[index]));
          const result = evaluate(name, [bytes(first), bytes(second)]);
          if (typeof expected[0] === "boolean") {
            const masks = count === 1 ? new Int32Array(result, 0, 1) : new IntegerArray(result, 0, count);
            expect(Array.from(masks, Number)).toEqual(
              expected.map((each) => (each ? (count === 1 ? 1 : -1) : 0)),
            );
          } else {
            expect(new FloatArray(result, 0, count)).toEqual(FloatArray.from(expected as number[]));
          }
        }
      });
    }
  }
});

type Numbers = readonly number[];
const int8 = (lanes: Numbers) => Int8Array.from({ length: 16 }, (_, index) => lanes[index % lanes.length]);
const int16 = (lanes: Numbers) => Int16Array.from({ length: 8 }, (_, index) => lanes[index % lanes.length]);
const int32 = (...lanes: Numbers) => Int32Array.from(lanes);
const float32 = (...lanes: Numbers) => Float32Array.from(lanes);
const float64 = (...lanes: Numbers) => Float64Array.from(lanes);

const bytes8 = int8([1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12, 13, -14, 15, -16]);
const words16 = int16([1, -2, 300, -400, 5, -6, 700, -800]);
const words32 = int32(1, -2, 70000, -80000);

describe("vector conversions and bits, by example", () => {
  const examples: readonly [OpName, readonly ArrayBufferView[], ArrayBufferView][] = [
    ["i32x4.splat", [int32(-70000)], int32(-70000, -70000, -70000, -70000)],
    ["v128.not", [int32(0, -1, 5, 6)], int32(-1, 0, -6, -7)],
    ["v128.and", [int32(12, 12, 12, 12), int32(10, 10, 10, 10)], int32(8, 8, 8, 8)],
    ["v128.andnot", [int32(12, 12, 12, 12), int32(10, 10, 10, 10)], int32(4, 4, 4, 4)],
    ["v128.or", [int32(12, 12, 12, 12), int32(10, 10, 10, 10)], int32(14, 14, 14, 14)],
    ["v128.xor", [int32(12, 12, 12, 12), int32(10, 10, 10, 10)], int32(6, 6, 6, 6)],
    ["v128.bitselect", [int32(1, 2, 3, 12), int32(5, 6, 7, 3), int32(-1, 0, -1, 10)], int32(1, 6, 3, 9)],
    ["v128.any_true", [int32(0, 0, 8, 0)], int32(1)],
    ["i32x4.all_true", [int32(1, 0, 1, 1)], int32(0)],
    ["i32x4.bitmask", [words32], int32(0b1010)],
    ["i8x16.bitmask", [bytes8], int32(0xaaaa)],
    [
      "i8x16.narrow_i16x8_s",
      [words16, int16([-1, 2])],
      int8([1, -2, 127, -128, 5, -6, 127, -128, -1, 2, -1, 2, -1, 2, -1, 2]),
    ],
    ["i16x8.narrow_i32x4_s", [words32, int32(-1, 0, 5, -6)], int16([1, -2, 32767, -32768, -1, 0, 5, -6])],
    ["i8x16.swizzle", [bytes8, int8([15, 0, 16, -1])], int8([-16, 1, 0, 0])],
    ["f32.convert_i32_s", [int32(-3)], float32(-3)],
    ["f32.convert_i32_u", [int32(-256)], float32(2 ** 32 - 256)],
    ["i32x4.shl", [words32, int32(3)], words32.map((lane) => lane << 3)],
    ["i32x4.shr_s", [words32, int32(3)], words32.map((lane) => lane >> 3)],
    ["i32x4.shr_u", [words32, int32(3)], words32.map((lane) => lane >>> 3)],
    ["i16x8.extend_low_i8x16_u", [bytes8], Int16Array.from(bytes8.slice(0, 8), (lane) => lane & 0xff)],
    ["i32x4.extend_low_i16x8_u", [words16], int32(1, 65534, 300, 65136)],
    ["i32x4.dot_i16x8_s", [words16, words16], int32(5, 250000, 61, 1130000)],
    ["f32x4.demote_f64x2_zero", [float64(0.1, -2)], float32(0.1, -2, 0, 0)],
    ["f64x2.promote_low_f32x4", [float32(1.5, -2.25, 3, 4)], float64(1.5, -2.25)],
    ["f32x4.convert_i32x4_s", [words32], float32(1, -2, 70000, -80000)],
    ["f32x4.convert_i32x4_u", [words32], float32(1, 2 ** 32 - 2, 70000, 2 ** 32 - 80000)],
    ["i32x4.trunc_sat_f32x4_s", [float32(1.9, -1.9, 3e9, Number.NaN)], int32(1, -1, 2 ** 31 - 1, 0)],
    ["i32x4.trunc_sat_f32x4_u", [float32(1.9, -1.9, 3e9, 1e10)], int32(1, 0, 3e9, -1)],
    ["i32.eqz", [int32(0)], int32(1)],
    ["i32.clz", [int32(1)], int32(31)],
    ["i32.ctz", [int32(8)], int32(3)],
    ["i32.popcnt", [int32(-1)], int32(32)],
    ["i32.shl", [int32(-5), int32(33)], int32(-10)],
    ["i32.shr_s", [int32(-5), int32(1)], int32(-3)],
    ["i32.shr_u", [int32(-5), int32(1)], int32(-5 >>> 1)],
    ["i32.rotl", [int32(-(2 ** 31) + 1), int32(1)], int32(3)],
    ["i32.rotr", [int32(3), int32(1)], int32(-(2 ** 31) + 1)],
    ["i32.reinterpret_f32", [float32(1)], int32(0x3f800000)],
  ];
  for (const [name] of examples) compared.add(name);
  it.each(examples)("%s", (name, operands, expected) => {
    const result = new Uint8Array(evaluate(name, operands.map(bytes)), 0, expected.byteLength);
    expect(result).toEqual(bytes(expected));
  });
  it("leaves no instruction without an example", () => {
    const control = ["unreachable", "nop", "return", "drop", "select"];
    expect(keys(opcodes).filter((name) => !compared.has(name))).toEqual(control);
  });
});
