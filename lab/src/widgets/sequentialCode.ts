import { parser } from "@lezer/javascript";
import { formOf, type LayerCode, type Value } from "./layerForms.js";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** A layer with its place in the code. */
export interface PlacedLayer extends LayerCode {
  readonly from: number;
  readonly to: number;
  /** How the code names the class: `"layers.Dense"`, `"Input"`. */
  readonly callee: string;
}

/** The layers of the first `new Sequential([…])` of a program. */
export interface SequentialCode {
  readonly layers: readonly PlacedLayer[];
  /** The list from its opening bracket to behind the closing one. */
  readonly from: number;
  readonly to: number;
}

/** Why code cannot be shown as a form. */
export type Problem =
  | { readonly reason: "none" }
  | {
      readonly reason: "incomplete" | "notALayer" | "notPlain" | "unknownArgument";
      /** Counted from 1. */
      readonly line: number;
      readonly code: string;
    };

class Unreadable extends Error {
  readonly from: number;
  readonly to: number;

  // not the node itself: it holds the whole tree
  constructor(
    readonly reason: Exclude<Problem["reason"], "none">,
    { from, to }: SyntaxNode,
  ) {
    super(reason);
    this.from = from;
    this.to = to;
  }
}

const typescript = parser.configure({ dialect: "ts" });

/** Reads the layers of the first `new Sequential([…])`. Nothing is executed: only plain values can be read. */
export function readSequential(code: string): SequentialCode | Problem {
  const list = findList(typescript.parse(code).topNode, code);
  if (!list) return { reason: "none" };
  try {
    const layers = elements(list).map((node) => readLayer(node, code));
    return { layers, from: list.from, to: list.to };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { from, to } = error;
    return {
      reason: error.reason,
      line: code.slice(0, from).split("\n").length,
      code: code.slice(from, to).split("\n")[0].slice(0, 60),
    };
  }
}

function findList(top: SyntaxNode, code: string): SyntaxNode | undefined {
  const cursor = top.cursor();
  do {
    if (cursor.name !== "NewExpression") continue;
    const [callee, args] = parts(cursor.node).filter(({ name }) => name !== "new");
    if (!callee || !args || !/(^|\.)Sequential$/.test(code.slice(callee.from, callee.to))) continue;
    const first = parts(args)[0];
    if (first?.name === "ArrayExpression") return first;
  } while (cursor.next());
  return undefined;
}

/** All parts of a node but punctuation and comments. */
function parts(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.type.isError || (/^[A-Za-z]/.test(child.name) && !/Comment$/.test(child.name)))
      found.push(child);
  return found;
}

/** The parts of a node that is complete. */
function children(node: SyntaxNode): SyntaxNode[] {
  const found = parts(node);
  const error = found.find(({ type }) => type.isError);
  if (error) throw new Unreadable("incomplete", error);
  return found;
}

function elements(array: SyntaxNode): SyntaxNode[] {
  const found = children(array);
  const spread = found.find(({ name }) => name === "Spread");
  if (spread) throw new Unreadable("notPlain", spread);
  return found;
}

function calleeAndArguments(node: SyntaxNode): [callee?: SyntaxNode, args?: SyntaxNode] {
  const [callee, args, ...rest] = children(node).filter(({ name }) => name !== "new");
  if (rest.length > 0 || (args && args.name !== "ArgList")) return [];
  return [callee, args];
}

function readLayer(node: SyntaxNode, code: string): PlacedLayer {
  if (node.name !== "NewExpression" && node.name !== "CallExpression")
    throw new Unreadable("notALayer", node);
  const [calleeNode, args] = calleeAndArguments(node);
  if (!calleeNode || !args || !["VariableName", "MemberExpression"].includes(calleeNode.name))
    throw new Unreadable("notALayer", node);
  const callee = code.slice(calleeNode.from, calleeNode.to);
  const name = callee.slice(callee.lastIndexOf(".") + 1);
  // Input is a function, all layers are classes
  if ((name === "Input") !== (node.name === "CallExpression")) throw new Unreadable("notALayer", node);
  const className = name === "Input" ? "InputLayer" : name;
  return {
    className,
    callee,
    from: node.from,
    to: node.to,
    args: readArguments(className, children(args), code),
  };
}

function readArguments(className: string, nodes: readonly SyntaxNode[], code: string): LayerCode["args"] {
  const names = formOf(className)?.positional ?? [];
  const args: Record<string, Value> = {};
  nodes.forEach((node, i) => {
    const last = i === nodes.length - 1;
    if (last && node.name === "ObjectExpression") Object.assign(args, readObject(node, code));
    else if (i < names.length) args[names[i]] = readValue(node, code);
    else throw new Unreadable("unknownArgument", node);
  });
  return args;
}

function readObject(node: SyntaxNode, code: string): Record<string, Value> {
  const read: Record<string, Value> = {};
  for (const property of children(node)) {
    const [key, value, ...rest] = children(property);
    if (property.name !== "Property" || !value || rest.length > 0) throw new Unreadable("notPlain", property);
    if (key.name === "PropertyDefinition") read[code.slice(key.from, key.to)] = readValue(value, code);
    else if (key.name === "String") read[readString(key, code)] = readValue(value, code);
    else throw new Unreadable("notPlain", property);
  }
  return read;
}

function readValue(node: SyntaxNode, code: string): Value {
  const text = code.slice(node.from, node.to);
  switch (node.name) {
    case "Number": {
      const value = Number(text.replace(/_/g, ""));
      // 10n and the like
      if (Number.isNaN(value)) throw new Unreadable("notPlain", node);
      return value;
    }
    case "UnaryExpression":
      if (text.startsWith("-") && node.lastChild?.name === "Number") {
        const value = readValue(node.lastChild, code);
        return -(value as number);
      }
      throw new Unreadable("notPlain", node);
    case "String":
      return readString(node, code);
    case "BooleanLiteral":
      return text === "true";
    case "null":
      return null;
    case "ArrayExpression":
      return elements(node).map((element) => readValue(element, code));
    case "ObjectExpression":
      return readObject(node, code);
    default:
      throw new Unreadable("notPlain", node);
  }
}

function readString(node: SyntaxNode, code: string): string {
  const text = code.slice(node.from + 1, node.to - 1);
  if (text.includes("\\")) throw new Unreadable("notPlain", node);
  return text;
}

/** A layer as code, as a person would write it. */
export function writeLayer({ className, args }: LayerCode, prefix = "layers."): string {
  const positional = (formOf(className)?.positional ?? []).filter((name) => name in args);
  const options = Object.keys(args).filter((name) => !positional.includes(name));
  const written = positional.map((name) => writeValue(args[name]));
  if (options.length > 0)
    written.push(writeValue(Object.fromEntries(options.map((name) => [name, args[name]]))));
  return className === "InputLayer"
    ? `Input(${written.join(", ")})`
    : `new ${prefix}${className}(${written.join(", ")})`;
}

function writeValue(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(
      ([name, one]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${writeValue(one)}`,
    );
    return entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}";
  }
  return JSON.stringify(value);
}

/** What stands before a class's name in this program: `"layers."`, or nothing. */
function prefixOf({ layers }: SequentialCode): string {
  const named = layers.find(({ className }) => className !== "InputLayer");
  return named ? named.callee.slice(0, named.callee.lastIndexOf(".") + 1) : "layers.";
}

const replace = (code: string, from: number, to: number, text: string) =>
  code.slice(0, from) + text + code.slice(to);

/** The code with one layer written anew; everything else, comments too, stays as it is. */
export function replaceLayer(code: string, model: SequentialCode, index: number, layer: LayerCode): string {
  const { from, to } = model.layers[index];
  return replace(code, from, to, writeLayer(layer, prefixOf(model)));
}

/** The code with a layer more, so that it becomes the one at `index`; laid out as the others are. */
export function insertLayer(code: string, model: SequentialCode, index: number, layer: LayerCode): string {
  const text = writeLayer(layer, prefixOf(model));
  const { layers, from, to } = model;
  if (layers.length === 0) {
    const indent = indentation(code, from);
    return replace(code, from, to, `[\n${indent}  ${text},\n${indent}]`);
  }
  const next = layers[index];
  const neighbour = next ?? layers[layers.length - 1];
  const start = code.lastIndexOf("\n", neighbour.from - 1) + 1;
  const alone = /^\s*$/.test(code.slice(start, neighbour.from));
  const separator = alone ? `,\n${code.slice(start, neighbour.from)}` : ", ";
  return next
    ? replace(code, next.from, next.from, text + separator)
    : replace(code, neighbour.to, neighbour.to, separator + text);
}

/** The code without a layer and the comma that belongs to it. */
export function removeLayer(code: string, { layers, to }: SequentialCode, index: number): string {
  const layer = layers[index];
  const next = layers[index + 1];
  if (next) return replace(code, layer.from, next.from, "");
  const before = layers[index - 1];
  if (before) return replace(code, before.to, layer.to, "");
  const rest = code.slice(layer.to, to).replace(/^\s*,/, "");
  return replace(code, layer.from, to, rest);
}

/** The code with a layer at another place; lines and commas stay where they are. */
export function moveLayer(code: string, { layers }: SequentialCode, from: number, to: number): string {
  const texts = layers.map((layer) => code.slice(layer.from, layer.to));
  texts.splice(to, 0, ...texts.splice(from, 1));
  let moved = code;
  for (let i = layers.length - 1; i >= 0; i--) moved = replace(moved, layers[i].from, layers[i].to, texts[i]);
  return moved;
}

function indentation(code: string, at: number): string {
  const start = code.lastIndexOf("\n", at - 1) + 1;
  return /^\s*/.exec(code.slice(start, at))?.[0] ?? "";
}
