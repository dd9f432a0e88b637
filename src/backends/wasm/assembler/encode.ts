import { ByteWriter } from "./byteWriter.js";
import type {
  Constant,
  FunctionDefinition,
  FunctionRef,
  FunctionType,
  Instruction,
  Label,
  Local,
  MemoryLimits,
  ModuleDefinition,
  ValueType,
} from "./instruction.js";
import { laneOpcodes, memoryOpcodes, opcodes } from "./opcodes.js";

const valueTypes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const constants: Record<ValueType, number> = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44, v128: 0xfd0c };
const blocks: Record<Label["kind"], number> = { block: 0x02, loop: 0x03, if: 0x04 };
const locals = { "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22 };
const branches = { br: 0x0c, br_if: 0x0d };
const bulk = { "memory.copy": 0xfc0a, "memory.fill": 0xfc0b };
const ELSE = 0x05;
const END = 0x0b;
const CALL = 0x10;
const GLOBAL_GET = 0x23;
const SHUFFLE = 0xfd0d;
const EMPTY_BLOCK_TYPE = 0x40;

/** The binary format of a module. @see https://webassembly.github.io/spec/core/binary/modules.html */
export function encodeModule(module: ModuleDefinition): Uint8Array<ArrayBuffer> {
  const functions: readonly FunctionRef[] = [...module.functionImports, ...module.functions];
  const indices: Indices = {
    functions: new Map(functions.map((each, index) => [each, index])),
    globals: new Map(module.globals.map((each, index) => [each, index])),
  };
  const types = new TypeTable();
  for (const each of functions) types.index(each.type);

  const out = new ByteWriter();
  out.bytes(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
  section(out, 1, (to) => to.vector(types.all, (type) => writeType(to, type)));
  section(out, 2, (to) => writeImports(to, module, types));
  section(out, 3, (to) => to.vector(module.functions, (each) => to.unsigned(types.index(each.type))));
  section(out, 7, (to) => {
    const exported = module.functions.filter((each) => each.exportName !== undefined);
    to.vector(exported, (each) => {
      to.name(each.exportName!);
      to.byte(0x00);
      to.unsigned(indices.functions.get(each)!);
    });
  });
  section(out, 10, (to) => to.vector(module.functions, (each) => to.sized(encodeFunction(each, indices))));
  section(out, 0, (to) => {
    to.name("name");
    section(to, 1, (names) =>
      names.vector(functions, (each, index) => {
        names.unsigned(index);
        names.name(each.name);
      }),
    );
  });
  return out.finish();
}

interface Indices {
  functions: ReadonlyMap<object, number>;
  globals: ReadonlyMap<object, number>;
}

/** Function types, each one once. */
class TypeTable {
  readonly all: FunctionType[] = [];
  readonly #indices = new Map<string, number>();

  index(type: FunctionType): number {
    const key = `${type.parameters.join()}:${type.results.join()}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.all.push(type) - 1;
      this.#indices.set(key, index);
    }
    return index;
  }
}

function section(out: ByteWriter, id: number, write: (to: ByteWriter) => void): void {
  const content = new ByteWriter();
  write(content);
  out.byte(id);
  out.sized(content.finish());
}

function writeType(out: ByteWriter, type: FunctionType): void {
  out.byte(0x60);
  out.vector(type.parameters, (each) => out.byte(valueTypes[each]));
  out.vector(type.results, (each) => out.byte(valueTypes[each]));
}

function writeImports(out: ByteWriter, module: ModuleDefinition, types: TypeTable): void {
  const { memory, globals, functionImports } = module;
  out.unsigned((memory ? 1 : 0) + globals.length + functionImports.length);
  if (memory) {
    out.name(memory.module);
    out.name(memory.name);
    out.byte(0x02);
    writeLimits(out, memory.limits);
  }
  for (const each of globals) {
    out.name(each.module);
    out.name(each.name);
    out.byte(0x03);
    out.byte(valueTypes[each.type]);
    out.byte(0x00); // immutable
  }
  for (const each of functionImports) {
    out.name(each.module);
    out.name(each.name);
    out.byte(0x00);
    out.unsigned(types.index(each.type));
  }
}

function writeLimits(out: ByteWriter, { initial, maximum, shared }: MemoryLimits): void {
  out.byte((maximum === undefined ? 0 : 1) | (shared ? 2 : 0));
  out.unsigned(initial);
  if (maximum !== undefined) out.unsigned(maximum);
}

function encodeFunction(definition: FunctionDefinition, indices: Indices): Uint8Array {
  const out = new ByteWriter();
  out.vector(runsByType(definition.locals), ({ type, count }) => {
    out.unsigned(count);
    out.byte(valueTypes[type]);
  });
  const open: Label[] = [];
  for (const instruction of definition.body)
    writeInstruction(out, instruction, open, indices, definition.name);
  out.byte(END);
  return out.finish();
}

function runsByType(all: readonly Local[]): { type: ValueType; count: number }[] {
  const runs: { type: ValueType; count: number }[] = [];
  for (const { type } of all) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  return runs;
}

function writeInstruction(
  out: ByteWriter,
  instruction: Instruction,
  open: Label[],
  indices: Indices,
  inFunction: string,
): void {
  switch (instruction.kind) {
    case "plain":
      writeOpcode(out, opcodes[instruction.name]);
      break;
    case "constant":
      writeConstant(out, instruction.constant);
      break;
    case "local":
      writeOpcode(out, locals[instruction.name]);
      out.unsigned(instruction.local.index);
      break;
    case "global":
      writeOpcode(out, GLOBAL_GET);
      out.unsigned(indexOf(indices.globals, instruction.global, "global", inFunction));
      break;
    case "call":
      writeOpcode(out, CALL);
      out.unsigned(indexOf(indices.functions, instruction.callee, "function", inFunction));
      break;
    case "memory":
      writeOpcode(out, memoryOpcodes[instruction.name]);
      out.unsigned(Math.log2(instruction.align));
      out.unsigned(instruction.offset);
      if (instruction.lane !== undefined) out.byte(instruction.lane);
      break;
    case "bulk":
      writeOpcode(out, bulk[instruction.name]);
      out.byte(0); // the memory's index, for copy that of both
      if (instruction.name === "memory.copy") out.byte(0);
      break;
    case "lane":
      writeOpcode(out, laneOpcodes[instruction.name]);
      out.byte(instruction.lane);
      break;
    case "shuffle":
      writeOpcode(out, SHUFFLE);
      out.bytes(Uint8Array.from(instruction.lanes));
      break;
    case "open":
      open.push(instruction.label);
      writeOpcode(out, blocks[instruction.label.kind]);
      out.byte(EMPTY_BLOCK_TYPE);
      break;
    case "else":
      out.byte(ELSE);
      break;
    case "end":
      open.pop();
      out.byte(END);
      break;
    case "branch":
      writeOpcode(out, branches[instruction.name]);
      out.unsigned(open.length - 1 - open.lastIndexOf(instruction.label));
      break;
    case "comment":
      break;
  }
}

function writeOpcode(out: ByteWriter, opcode: number): void {
  if (opcode <= 0xff) {
    out.byte(opcode);
  } else {
    out.byte(opcode >> 8);
    out.unsigned(opcode & 0xff);
  }
}

function writeConstant(out: ByteWriter, constant: Constant): void {
  writeOpcode(out, constants[constant.type]);
  switch (constant.type) {
    case "i32":
      out.signed(constant.value);
      break;
    case "i64":
      out.signed64(constant.value);
      break;
    case "f32":
      out.f32(constant.value);
      break;
    case "f64":
      out.f64(constant.value);
      break;
    case "v128":
      for (const lane of constant.lanes) {
        if (constant.shape === "i32x4") out.fixed32(lane);
        else if (constant.shape === "f32x4") out.f32(lane);
        else out.f64(lane);
      }
  }
}

function indexOf(
  indices: ReadonlyMap<object, number>,
  item: { readonly name: string },
  kind: string,
  inFunction: string,
): number {
  const index = indices.get(item);
  if (index !== undefined) return index;
  throw new Error(
    `The wasm function \`${inFunction}\` uses the ${kind} \`${item.name}\`, which belongs to another module.`,
  );
}
