import { floatRepr, formatExponent, formatFixed } from "./pythonFormat.js";

/** A number that Python would have as an `int`; a plain number stands for a `float`. */
export interface PythonInteger {
  readonly integer: number;
}
export type TemplateValue = number | PythonInteger | string;

/** Thrown when a template names a value that there is none of. */
export class UnknownField extends Error {
  constructor(readonly field: string) {
    super(`'${field}'`);
  }
}

/**
 * Python's `template.format(**values)` for named fields with numbers: `"{epoch:02d}-{loss:.2f}"`.
 * @throws {UnknownField} if a name is not among the values
 * @throws if the template or a format is malformed
 */
export function formatTemplate(template: string, values: Readonly<Record<string, TemplateValue>>): string {
  return template.replace(
    /\{\{|\}\}|\{([^{}:!]*)(?::([^{}]*))?\}|[{}]/g,
    (match, name?: string, spec = "") => {
      if (match === "{{") return "{";
      if (match === "}}") return "}";
      if (match === "{" || match === "}")
        throw new Error(`Single '${match}' encountered in format string "${template}".`);
      if (name === undefined || !Object.hasOwn(values, name)) throw new UnknownField(name ?? "");
      return formatValue(values[name], spec as string);
    },
  );
}

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<z>z)?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<grouping>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/su;

/** The parts of Python's format specification mini-language. */
type Spec = Partial<
  Record<
    "fill" | "align" | "sign" | "z" | "alternate" | "zero" | "width" | "grouping" | "precision" | "type",
    string
  >
>;

/**
 * Python's `format(value, spec)`.
 * @see https://docs.python.org/3/library/string.html#format-specification-mini-language
 * @throws if the specification is malformed or not for values of this type
 */
export function formatValue(value: TemplateValue, spec: string): string {
  const parsed = SPEC.exec(spec)?.groups as Spec | undefined;
  if (!parsed) throw new Error(`Invalid format specifier '${spec}'.`);
  if (typeof value === "string") return formatText(value, parsed);
  if (typeof value === "number") return formatFloat(value, parsed);
  return (parsed.type ?? "d") in radixes
    ? formatInteger(value.integer, parsed)
    : formatFloat(value.integer, parsed);
}

function formatText(value: string, spec: Spec): string {
  const { precision, type = "s" } = spec;
  if (type !== "s" || spec.align === "=") throw new Error(`Unknown format code '${type}' for a string.`);
  const text = precision === undefined ? value : [...value].slice(0, Number(precision)).join("");
  return padded("", text, { ...spec, align: spec.align ?? "<" });
}

const radixes: Readonly<Record<string, { readonly radix: number; readonly prefix: string }>> = {
  d: { radix: 10, prefix: "" },
  n: { radix: 10, prefix: "" },
  b: { radix: 2, prefix: "0b" },
  o: { radix: 8, prefix: "0o" },
  x: { radix: 16, prefix: "0x" },
  X: { radix: 16, prefix: "0X" },
};

function formatInteger(value: number, spec: Spec): string {
  const { type = "d", grouping } = spec;
  if (spec.precision !== undefined) throw new Error("Precision not allowed in integer format specifier.");
  if (spec.z) throw new Error("Negative zero coercion (z) not allowed in format specifier with integer.");
  const { radix, prefix } = radixes[type];
  if (grouping === "," && radix !== 10) throw new Error(`Cannot specify ',' with '${type}'.`);
  const digits = Math.abs(value).toString(radix);
  const sign = signOf(value < 0, spec) + (spec.alternate ? prefix : "");
  return padded(sign, type === "X" ? digits.toUpperCase() : digits, spec, "", radix === 10 ? 3 : 4);
}

function formatFloat(value: number, spec: Spec): string {
  const { type, alternate } = spec;
  if (type === "n" && spec.grouping) throw new Error(`Cannot specify '${spec.grouping}' with 'n'.`);
  const text = floatDigits(
    value,
    type,
    spec.precision === undefined ? undefined : Number(spec.precision),
    alternate,
  );
  const unsigned = text.replace(/^-/, "");
  const isNegative = text.startsWith("-") && !(spec.z && !/[1-9a-z]/i.test(unsigned.replace(/e.*/i, "")));
  const digits = /^\d+/.exec(unsigned)?.[0] ?? "";
  return padded(signOf(isNegative, spec), digits, spec, unsigned.slice(digits.length));
}

/** A float's text with its minus sign, before padding. */
function floatDigits(
  value: number,
  type: string | undefined,
  precision: number | undefined,
  alternate?: string,
): string {
  if (type !== undefined && !"eEfFgGn%".includes(type))
    throw new Error(`Unknown format code '${type}' for a float.`);
  const lower = type?.toLowerCase();
  const pointed = (text: string) => (alternate && !text.includes(".") ? text.replace(/(?=e|$)/, ".") : text);
  let text: string;
  if (!Number.isFinite(value)) text = floatRepr(value) + (type === "%" ? "%" : "");
  else if (lower === "f") text = pointed(formatFixed(value, precision ?? 6));
  else if (lower === "e") text = pointed(formatExponent(value, precision ?? 6));
  else if (type === "%") text = `${pointed(formatFixed(value * 100, precision ?? 6))}%`;
  else if (lower === "g" || type === "n") text = general(value, precision ?? 6, alternate !== undefined, 0);
  else if (precision === undefined) text = floatRepr(value);
  else {
    text = general(value, precision, alternate !== undefined, 1);
    if (!/[.e]/.test(text)) text += ".0";
  }
  return type !== undefined && type !== lower ? text.toUpperCase() : text;
}

/** `g`: `precision` significant digits, with an exponent where that is shorter. */
function general(value: number, precision: number, keepZeros: boolean, earlier: number): string {
  const significant = Math.max(precision, 1);
  const scientific = formatExponent(value, significant - 1);
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  const usesExponent = exponent < -4 || exponent >= significant - earlier;
  const text = usesExponent ? scientific : formatFixed(value, significant - 1 - exponent);
  if (keepZeros) return text.includes(".") ? text : text.replace(/(?=e|$)/, ".");
  return text.includes(".") ? text.replace(/\.?0+(?=e|$)/, "") : text;
}

function signOf(isNegative: boolean, { sign = "-" }: Spec): string {
  if (isNegative) return "-";
  return sign === "-" ? "" : sign;
}

/** Sign, whole digits (grouped) and the rest, filled up to the width. */
function padded(sign: string, digits: string, spec: Spec, rest = "", group = 3): string {
  const { grouping, zero } = spec;
  const fill = spec.fill ?? (zero ? "0" : " ");
  const align = spec.align ?? (zero ? "=" : ">");
  const width = Number(spec.width ?? 0);
  const grouped = (text: string) =>
    grouping ? text.replace(new RegExp(`\\B(?=(.{${group}})+$)`, "g"), grouping) : text;
  let whole = grouped(digits);
  if (grouping && digits && fill === "0" && align === "=") {
    // zeros are grouped as well
    let zeros = digits;
    while (sign.length + whole.length + rest.length < width) {
      zeros = `0${zeros}`;
      whole = grouped(zeros);
    }
  }
  const text = whole + rest;
  const missing = Math.max(0, width - [...(sign + text)].length);
  const before = { "<": 0, ">": missing, "^": Math.floor(missing / 2), "=": 0 }[align] as number;
  if (align === "=") return sign + fill.repeat(missing) + text;
  return fill.repeat(before) + sign + text + fill.repeat(missing - before);
}
