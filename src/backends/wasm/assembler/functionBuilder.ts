import type {
  Constant,
  FunctionRef,
  GlobalRef,
  Instruction,
  Label,
  Local,
  ValueType,
} from "./instruction.js";
import {
  type AtomicName,
  accessBytes,
  type LaneName,
  type LoadLaneName,
  type LoadName,
  laneCount,
  type MemoryName,
  type OpName,
  type StoreLaneName,
  type StoreName,
} from "./opcodes.js";

/**
 * The body of one function, instruction after instruction as on WebAssembly's stack machine. Every method appends
 * and returns the builder. Wrong immediates throw at once; the types on the stack are checked by the engine.
 */
export class FunctionBuilder {
  readonly body: Instruction[] = [];
  /** Parameters and locals, by index. */
  readonly variables: Local[] = [];
  readonly #open: Label[] = [];

  constructor(readonly name: string) {}

  /** A fresh local, zero at the start of the function. The name is for the text only and need not be unique. */
  local(type: ValueType, name: string): Local {
    const local = { index: this.variables.length, type, name };
    this.variables.push(local);
    return local;
  }

  /** Pushes a local. */
  get(local: Local): this {
    return this.#local("local.get", local);
  }

  /** Pops into a local. */
  set(local: Local): this {
    return this.#local("local.set", local);
  }

  /** Copies the top of the stack into a local. */
  tee(local: Local): this {
    return this.#local("local.tee", local);
  }

  globalGet(global: GlobalRef): this {
    return this.#add({ kind: "global", global });
  }

  call(callee: FunctionRef): this {
    return this.#add({ kind: "call", callee });
  }

  /** A 32-bit integer of either sign: −2³¹ to 2³² − 1. */
  i32(value: number): this {
    return this.#constant({ type: "i32", value: this.#integer32("i32.const", value) });
  }

  i64(value: bigint): this {
    return this.#constant({ type: "i64", value: BigInt.asIntN(64, value) });
  }

  /** The float32 nearest to the value. */
  f32(value: number): this {
    return this.#constant({ type: "f32", value: Math.fround(value) });
  }

  f64(value: number): this {
    return this.#constant({ type: "f64", value });
  }

  /** A constant vector of four float32, all the float32 nearest to the value. */
  v128f32(value: number): this {
    const lanes = Array<number>(4).fill(Math.fround(value));
    return this.#constant({ type: "v128", shape: "f32x4", lanes });
  }

  /** A constant vector of two float64, both the value. */
  v128f64(value: number): this {
    return this.#constant({ type: "v128", shape: "f64x2", lanes: [value, value] });
  }

  /** A constant vector of four 32-bit integers of either sign: one value for all lanes, or one for each. */
  v128i32(value: number | readonly number[]): this {
    const values = typeof value === "number" ? [value, value, value, value] : value;
    if (values.length !== 4) throw this.#invalid("v128.const i32x4", "4 lanes", `${values.length} lanes`);
    const lanes = values.map((lane) => this.#integer32("v128.const i32x4", lane));
    return this.#constant({ type: "v128", shape: "i32x4", lanes });
  }

  /** An instruction without immediates. */
  op(name: OpName): this {
    return this.#add({ kind: "plain", name });
  }

  /**
   * Pops an address and pushes what lies `offset` bytes after it. `align` (bytes) is a hint, by default the size of
   * what is read; a wrong hint costs time on some machines and never changes the result.
   */
  load(name: LoadName, offset: number, align?: number): this {
    return this.#memory(name, offset, align);
  }

  /** Pops a value and an address below it, and stores the value `offset` bytes after the address. */
  store(name: StoreName, offset: number, align?: number): this {
    return this.#memory(name, offset, align);
  }

  /** Pops a vector and an address below it, and pushes the vector with one lane read from memory. */
  loadLane(name: LoadLaneName, offset: number, lane: number): this {
    return this.#memory(name, offset, undefined, this.#integer(name, lane, 0, laneCount(name) - 1));
  }

  /** Pops a vector and an address below it, and stores one lane. */
  storeLane(name: StoreLaneName, offset: number, lane: number): this {
    return this.#memory(name, offset, undefined, this.#integer(name, lane, 0, laneCount(name) - 1));
  }

  /** Extracts or replaces one lane of a vector. */
  lane(name: LaneName, lane: number): this {
    return this.#add({ kind: "lane", name, lane: this.#integer(name, lane, 0, laneCount(name) - 1) });
  }

  /** `i8x16.shuffle`: 16 bytes picked from two vectors, 0–15 of the first and 16–31 of the second. */
  shuffle(lanes: readonly number[]): this {
    if (lanes.length !== 16)
      throw this.#invalid("i8x16.shuffle", "16 byte indices", `${lanes.length} indices`);
    for (const lane of lanes) this.#integer("i8x16.shuffle", lane, 0, 31);
    return this.#add({ kind: "shuffle", lanes: [...lanes] });
  }

  /** A branch to the label leaves the block. */
  block(body: (label: Label) => void): this {
    return this.#nest({ kind: "block" }, body);
  }

  /** A branch to the label starts the body again; without one the loop ends. */
  loop(body: (label: Label) => void): this {
    return this.#nest({ kind: "loop" }, body);
  }

  /** Pops an i32 and runs `body` if it is not 0, `otherwise` if it is. */
  if(then: () => void, otherwise?: () => void): this {
    return this.#nest({ kind: "if" }, () => {
      then();
      if (!otherwise) return;
      this.#add({ kind: "else" });
      otherwise();
    });
  }

  br(label: Label): this {
    return this.#branch("br", label);
  }

  /** Pops an i32 and branches if it is not 0. */
  brIf(label: Label): this {
    return this.#branch("br_if", label);
  }

  /** Pops byte count, source address and target address (pushed in the opposite order); the ranges may overlap. */
  memoryCopy(): this {
    return this.#add({ kind: "bulk", name: "memory.copy" });
  }

  /** Pops byte count, byte value and target address (pushed in the opposite order). */
  memoryFill(): this {
    return this.#add({ kind: "bulk", name: "memory.fill" });
  }

  /** Pops an i32 and two values below it; keeps the lower one if the i32 is not 0, else the upper one. */
  select(): this {
    return this.op("select");
  }

  drop(): this {
    return this.op("drop");
  }

  return(): this {
    return this.op("return");
  }

  /** An atomic access. The address with the offset must be a multiple of the access's size. */
  atomic(name: AtomicName, offset: number): this {
    return this.#memory(name, offset);
  }

  /** A line of the text, nothing in the binary. */
  comment(text: string): this {
    return this.#add({ kind: "comment", text });
  }

  #add(instruction: Instruction): this {
    this.body.push(instruction);
    return this;
  }

  #constant(constant: Constant): this {
    return this.#add({ kind: "constant", constant });
  }

  #local(name: "local.get" | "local.set" | "local.tee", local: Local): this {
    if (this.variables[local.index] !== local)
      throw this.#invalid(name, "a local of this function", `\`${local.name}\` of another function`);
    return this.#add({ kind: "local", name, local });
  }

  #memory(name: MemoryName, offset: number, align = accessBytes(name), lane?: number): this {
    this.#integer(name, offset, 0, 2 ** 32 - 1);
    if (![1, 2, 4, 8, 16].includes(align) || align > accessBytes(name))
      throw this.#invalid(name, `an alignment that is a power of two up to ${accessBytes(name)}`, align);
    return this.#add({ kind: "memory", name, offset, align, lane });
  }

  #nest(label: Label, body: (label: Label) => void): this {
    this.#add({ kind: "open", label });
    this.#open.push(label);
    body(label);
    this.#open.pop();
    return this.#add({ kind: "end" });
  }

  #branch(name: "br" | "br_if", label: Label): this {
    if (!this.#open.includes(label))
      throw this.#invalid(name, "the label of an enclosing block or loop", `a ${label.kind} already closed`);
    return this.#add({ kind: "branch", name, label });
  }

  #integer32(name: string, value: number): number {
    return this.#integer(name, value, -(2 ** 31), 2 ** 32 - 1) | 0;
  }

  #integer(name: string, value: number, least: number, most: number): number {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.#invalid(name, `an integer from ${least} to ${most}`, value);
  }

  #invalid(name: string, expected: string, received: unknown): Error {
    return new RangeError(
      `Received an invalid immediate for \`${name}\` in the wasm function \`${this.name}\`, expected ${expected}. ` +
        `Received: ${received}`,
    );
  }
}
