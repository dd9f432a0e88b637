import type {
  Constant,
  FunctionDefinition,
  FunctionRef,
  FunctionType,
  GlobalRef,
  Instruction,
  Label,
  Local,
  MemoryLimits,
  ModuleDefinition,
} from "./instruction.js";
import { accessBytes } from "./opcodes.js";

/** A module in the WebAssembly text format. @see https://webassembly.github.io/spec/core/text/index.html */
export function printModule(module: ModuleDefinition): string {
  const functions = identifiers<FunctionRef>([...module.functionImports, ...module.functions]);
  const globals = identifiers<GlobalRef>(module.globals);
  const lines = ["(module"];
  const addImport = (from: { module: string; name: string }, description: string) =>
    lines.push(`  (import ${quote(from.module)} ${quote(from.name)} (${description}))`);

  if (module.memory) addImport(module.memory, `memory ${printLimits(module.memory.limits)}`);
  for (const each of module.globals) addImport(each, `global ${globals.get(each)} ${each.type}`);
  for (const each of module.functionImports)
    addImport(each, `func ${functions.get(each)}${printType(each.type)}`);
  for (const each of module.functions) lines.push(...printFunction(each, functions, globals));
  lines.push(")");
  return `${lines.join("\n")}\n`;
}

function printLimits({ initial, maximum, shared }: MemoryLimits): string {
  return [initial, maximum, shared ? "shared" : undefined].filter((each) => each !== undefined).join(" ");
}

function printType({ parameters, results }: FunctionType): string {
  return (
    (parameters.length ? ` (param ${parameters.join(" ")})` : "") +
    (results.length ? ` (result ${results.join(" ")})` : "")
  );
}

function printFunction(
  definition: FunctionDefinition,
  functions: ReadonlyMap<FunctionRef, string>,
  globals: ReadonlyMap<GlobalRef, string>,
): string[] {
  const { parameters, locals, type, exportName } = definition;
  const variables = identifiers<Local>([...parameters, ...locals]);
  const header = [
    `func ${functions.get(definition)}`,
    ...(exportName === undefined ? [] : [`(export ${quote(exportName)})`]),
    ...parameters.map((each) => `(param ${variables.get(each)} ${each.type})`),
    ...(type.results.length ? [`(result ${type.results.join(" ")})`] : []),
  ];
  const lines = [`  (${header.join(" ")}`];
  for (const each of locals) lines.push(`    (local ${variables.get(each)} ${each.type})`);

  const labels = new Map<Label, string>();
  let depth = 2;
  for (const instruction of definition.body) {
    if (instruction.kind === "open") {
      labels.set(instruction.label, `$${instruction.label.kind}${labels.size}`);
    }
    const closes = instruction.kind === "end" || instruction.kind === "else";
    if (closes) depth--;
    for (const line of printInstruction(instruction, { functions, globals, variables, labels }))
      lines.push("  ".repeat(depth) + line);
    if (instruction.kind === "open" || instruction.kind === "else") depth++;
  }
  lines.push("  )");
  return lines;
}

interface Identifiers {
  functions: ReadonlyMap<FunctionRef, string>;
  globals: ReadonlyMap<GlobalRef, string>;
  variables: ReadonlyMap<Local, string>;
  labels: ReadonlyMap<Label, string>;
}

function printInstruction(instruction: Instruction, names: Identifiers): string[] {
  switch (instruction.kind) {
    case "plain":
    case "bulk":
      return [instruction.name];
    case "constant":
      return [printConstant(instruction.constant)];
    case "local":
      return [`${instruction.name} ${names.variables.get(instruction.local)}`];
    case "global":
      return [`global.get ${names.globals.get(instruction.global)}`];
    case "call":
      return [`call ${names.functions.get(instruction.callee)}`];
    case "memory": {
      const { name, offset, align, lane } = instruction;
      const words: string[] = [name];
      if (offset !== 0) words.push(`offset=${offset}`);
      if (align !== accessBytes(name)) words.push(`align=${align}`);
      if (lane !== undefined) words.push(String(lane));
      return [words.join(" ")];
    }
    case "lane":
      return [`${instruction.name} ${instruction.lane}`];
    case "shuffle":
      return [`i8x16.shuffle ${instruction.lanes.join(" ")}`];
    case "open":
      return [`${instruction.label.kind} ${names.labels.get(instruction.label)}`];
    case "else":
    case "end":
      return [instruction.kind];
    case "branch":
      return [`${instruction.name} ${names.labels.get(instruction.label)}`];
    case "comment":
      return instruction.text.split(/\r\n|[\r\n]/).map((line) => `;; ${line}`);
  }
}

function printConstant(constant: Constant): string {
  if (constant.type !== "v128") return `${constant.type}.const ${printNumber(constant.value)}`;
  return `v128.const ${constant.shape} ${constant.lanes.map(printNumber).join(" ")}`;
}

function printNumber(value: number | bigint): string {
  if (Object.is(value, -0)) return "-0";
  return String(value).replace("Infinity", "inf").replace("NaN", "nan");
}

/** `$name` for each item, made unique by a number where names repeat. */
function identifiers<Item extends { readonly name: string }>(items: readonly Item[]): Map<Item, string> {
  const taken = new Set<string>();
  const result = new Map<Item, string>();
  for (const item of items) {
    const name = `$${item.name.replace(/[^\w!#$%&'*+\-./:<=>?@\\^`|~]/g, "_") || "_"}`;
    let unique = name;
    for (let count = 1; taken.has(unique); count++) unique = `${name}.${count}`;
    taken.add(unique);
    result.set(item, unique);
  }
  return result;
}

function quote(text: string): string {
  const escape = (character: string) => `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return `"${text.replace(/[\x00-\x1f"\\\x7f]/g, escape)}"`;
}
