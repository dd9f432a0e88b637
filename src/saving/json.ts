import type { Json } from "../utils/serialization.js";

/** Deeper than any model nests, and far from what a call stack takes. */
const MAXIMUM_DEPTH = 200;

/** The text of Python's `json.dumps`: a space after `,` and `:`, ASCII only, exponents of two digits. */
export function toPythonJson(value: Json | Float): string {
  if (value instanceof Float)
    return Number.isInteger(value.value) ? `${value.value}.0` : pythonNumber(value.value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return pythonNumber(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(", ")}]`;
  const entries = Object.entries(value).filter(([, element]) => element !== undefined);
  return `{${entries.map(([key, element]) => `${quoted(key)}: ${toPythonJson(asFloat(key, element))}`).join(", ")}}`;
}

/** Settings that Python refuses as integers; JavaScript does not tell 0 from 0.0. */
const FLOATS: readonly string[] = ["momentum", "rho", "beta_1", "beta_2", "beta", "threshold"];

/** Written with `.0`. */
class Float {
  constructor(readonly value: number) {}
}

function asFloat(key: string, value: Json): Json | Float {
  return typeof value === "number" && FLOATS.includes(key) ? new Float(value) : value;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Python's shortest form: `1e-07`, `1e+20` as JavaScript's digits with Python's exponents. */
function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const magnitude = Math.abs(value);
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/**
 * Parses JSON that may be anything.
 * @param where the file, for messages
 * @throws if it is no JSON, nests deeper than 200, or has a key `__proto__`
 */
export function parseJson(text: string, where: string): Json {
  let value: Json;
  try {
    value = JSON.parse(withoutSpecialNumbers(text));
  } catch (error) {
    throw new Error(`${where} is damaged: it holds no valid JSON (${(error as Error).message}).`);
  }
  const pending: [Json, number][] = [[value, 1]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [element, depth] = next;
    if (typeof element !== "object" || element === null) continue;
    if (depth > MAXIMUM_DEPTH)
      throw new Error(`${where} is not accepted: it nests deeper than ${MAXIMUM_DEPTH} levels.`);
    if (Object.hasOwn(element, "__proto__"))
      throw new Error(`${where} is not accepted: it has a key "__proto__", which no model has.`);
    for (const child of Object.values(element)) pending.push([child, depth + 1]);
  }
  return value;
}

/** Python writes infinities as words that JSON does not have; numbers out of range are read as infinities. */
function withoutSpecialNumbers(text: string): string {
  if (!/Infinity|NaN/.test(text)) return text;
  const strings = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
  return text.replace(strings, (word) =>
    word === "Infinity" ? "1e999" : word === "-Infinity" ? "-1e999" : word === "NaN" ? "null" : word,
  );
}

/** Whether a value of a file is a dictionary. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
