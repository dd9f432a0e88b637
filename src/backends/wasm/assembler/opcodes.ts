/**
 * WebAssembly mnemonics and their opcodes, in the order of the specification: those that the emitters may want (lanes of 32-bit
 * numbers and of float64, 32-bit scalars, the atomics that threads need). Pages load this table, so that it holds no others;
 * `run` makes a line of what the specification numbers one after another.
 *
 * One-byte opcodes are below 0x100; above, the high byte is the prefix (0xfc, 0xfd, 0xfe).
 * @see https://webassembly.github.io/spec/core/binary/instructions.html
 */

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Text;
type Run<Prefix extends string, Text extends string> = {
  readonly [Name in `${Prefix}${Exclude<Words<Text>, "_">}`]: number;
};

/** Consecutive opcodes from `first` on, for `prefix` followed by each of `names`; `_` leaves an opcode out. */
function run<Prefix extends string, Text extends string>(first: number, prefix: Prefix, names: Text) {
  const entries = names.split(" ").map((name, index) => [name, first + index] as const);
  return Object.fromEntries(
    entries.filter(([name]) => name !== "_").map(([name, opcode]) => [prefix + name, opcode]),
  ) as Run<Prefix, Text>;
}

const integerCompare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const integerMath = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const floatCompare = "eq ne lt gt le ge";
const floatMath = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";
const floatLanes = "abs neg _ sqrt add sub mul div min max pmin pmax";

/** Instructions without immediates. */
export const opcodes = {
  ...run(0x00, "", "unreachable nop"),
  ...run(0x0f, "", "return"),
  ...run(0x1a, "", "drop select"),
  ...run(0x45, "i32.", "eqz"),
  ...run(0x46, "i32.", integerCompare),
  ...run(0x5b, "f32.", floatCompare),
  ...run(0x67, "i32.", integerMath),
  ...run(0x8b, "f32.", floatMath),
  ...run(0xb2, "f32.", "convert_i32_s convert_i32_u"),
  ...run(0xbc, "", "i32.reinterpret_f32"),

  ...run(0xfd0e, "i8x16.", "swizzle"),
  ...run(0xfd11, "", "i32x4.splat"),
  ...run(0xfd37, "i32x4.", integerCompare),
  ...run(0xfd41, "f32x4.", floatCompare),
  ...run(0xfd47, "f64x2.", floatCompare),
  ...run(0xfd4d, "v128.", "not and andnot or xor bitselect any_true"),
  ...run(0xfd5e, "", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
  ...run(0xfd64, "i8x16.", "bitmask narrow_i16x8_s"),
  ...run(0xfd67, "f32x4.", "ceil floor trunc nearest"),
  ...run(0xfd74, "f64x2.", "ceil floor"),
  ...run(0xfd85, "i16x8.", "narrow_i32x4_s"),
  ...run(0xfd89, "i16x8.", "extend_low_i8x16_u"),
  ...run(0xfd94, "f64x2.", "nearest"),
  ...run(0xfda0, "i32x4.", "abs neg _ all_true bitmask"),
  ...run(0xfda9, "i32x4.", "extend_low_i16x8_u"),
  ...run(0xfdab, "i32x4.", "shl shr_s shr_u add _ _ sub _ _ _ mul min_s min_u max_s max_u dot_i16x8_s"),
  ...run(0xfde0, "f32x4.", floatLanes),
  ...run(0xfdec, "f64x2.", floatLanes),
  ...run(0xfdf8, "i32x4.", "trunc_sat_f32x4_s trunc_sat_f32x4_u"),
  ...run(0xfdfa, "f32x4.", "convert_i32x4_s convert_i32x4_u"),
};

/** Address on the stack; offset and alignment as immediates. */
export const loadOpcodes = {
  ...run(0x28, "", "i32.load i64.load f32.load f64.load"),
  ...run(0x2d, "i32.", "load8_u"),
  ...run(0xfd00, "v128.", "load"),
  ...run(0xfd09, "v128.", "load32_splat"),
  ...run(0xfd5c, "v128.", "load32_zero load64_zero"),
};

/** Address and value on the stack; offset and alignment as immediates. */
export const storeOpcodes = {
  ...run(0x36, "", "i32.store i64.store f32.store f64.store i32.store8"),
  ...run(0xfd0b, "v128.", "store"),
};

/** Address and vector on the stack; offset, alignment and lane as immediates. */
export const loadLaneOpcodes = run(0xfd56, "v128.", "load32_lane");
export const storeLaneOpcodes = run(0xfd58, "v128.", "store8_lane _ store32_lane store64_lane");

/** Vector (and for `replace_lane` the value) on the stack; lane as an immediate. */
export const laneOpcodes = {
  ...run(0xfd1b, "i32x4.", "extract_lane replace_lane"),
  ...run(0xfd1f, "f32x4.", "extract_lane replace_lane"),
  ...run(0xfd21, "f64x2.", "extract_lane replace_lane"),
};

/** Like loads and stores, but the address must be aligned. Offset as an immediate. */
export const atomicOpcodes = {
  ...run(0xfe00, "memory.atomic.", "notify wait32"),
  ...run(0xfe10, "", "i32.atomic.load"),
  ...run(0xfe17, "", "i32.atomic.store"),
  ...run(0xfe1e, "", "i32.atomic.rmw.add"),
  ...run(0xfe25, "", "i32.atomic.rmw.sub"),
};

export const memoryOpcodes = {
  ...loadOpcodes,
  ...storeOpcodes,
  ...loadLaneOpcodes,
  ...storeLaneOpcodes,
  ...atomicOpcodes,
};

export type OpName = keyof typeof opcodes;
export type LoadName = keyof typeof loadOpcodes;
export type StoreName = keyof typeof storeOpcodes;
export type LoadLaneName = keyof typeof loadLaneOpcodes;
export type StoreLaneName = keyof typeof storeLaneOpcodes;
export type LaneName = keyof typeof laneOpcodes;
export type AtomicName = keyof typeof atomicOpcodes;
export type MemoryName = keyof typeof memoryOpcodes;

/** Bytes that the instruction reads or writes: its natural alignment. */
export function accessBytes(name: MemoryName): number {
  if (name === "memory.atomic.notify" || name === "memory.atomic.wait32") return 4;
  const narrow = /(?:load|store)(\d+)/.exec(name);
  if (narrow) return Number(narrow[1]) / 8;
  return Number(name.slice(1, name.indexOf("."))) / 8;
}

/** Lanes that the instruction's lane immediate may name. */
export function laneCount(name: LaneName | LoadLaneName | StoreLaneName): number {
  const shape = /x(\d+)\./.exec(name);
  return shape ? Number(shape[1]) : 16 / accessBytes(name as LoadLaneName);
}
