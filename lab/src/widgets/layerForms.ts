/** A value that can stand in a model's code. */
export type Value = number | string | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** A layer as code has it: arguments by their names, the positional ones too. */
export interface LayerCode {
  /** `"Dense"`; `"InputLayer"` stands for `Input(…)`. */
  readonly className: string;
  readonly args: Readonly<Record<string, Value>>;
}

/** One argument in the form. */
export interface Field {
  /** Its name in TypeScript: `"kernelSize"`. */
  readonly name: string;
  readonly kind: "integer" | "number" | "sizes" | "choice" | "boolean";
  /** Of a choice. */
  readonly choices?: readonly string[];
  /** What Keras takes where nothing is said; an argument that has none must be given. */
  readonly default?: Value;
}

export interface LayerForm {
  readonly className: string;
  /** The arguments that stand before the options, in their order. */
  readonly positional: readonly string[];
  readonly fields: readonly Field[];
  /** What a new layer gets. */
  readonly initial: Readonly<Record<string, Value>>;
}

const ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softmax"];

const activation: Field = { name: "activation", kind: "choice", choices: ACTIVATIONS, default: null };
const useBias: Field = { name: "useBias", kind: "boolean", default: true };
const padding: Field = { name: "padding", kind: "choice", choices: ["valid", "same"], default: "valid" };

const pooling = (className: string): LayerForm => ({
  className,
  positional: ["poolSize"],
  fields: [
    { name: "poolSize", kind: "sizes", default: 2 },
    { name: "strides", kind: "sizes", default: null },
    padding,
  ],
  initial: { poolSize: [2, 2] },
});

const convolution = (className: string): LayerForm => ({
  className,
  positional: ["filters", "kernelSize"],
  fields: [
    { name: "filters", kind: "integer" },
    { name: "kernelSize", kind: "sizes" },
    activation,
    { name: "strides", kind: "sizes", default: 1 },
    padding,
    useBias,
  ],
  initial: { filters: 8, kernelSize: [3, 3], activation: "relu" },
});

/** A layer with one number between 0 and 1. */
const noise = (className: string, name: string): LayerForm => ({
  className,
  positional: [name],
  fields: [{ name, kind: "number" }],
  initial: { [name]: 0.2 },
});

const plain = (className: string): LayerForm => ({ className, positional: [], fields: [], initial: {} });

/** The layers that the form knows. Others may stand in the code: they can be moved and removed. */
export const layerForms: readonly LayerForm[] = [
  {
    className: "Dense",
    positional: ["units"],
    fields: [{ name: "units", kind: "integer" }, activation, useBias],
    initial: { units: 32, activation: "relu" },
  },
  convolution("Conv2D"),
  convolution("SeparableConv2D"),
  pooling("MaxPooling2D"),
  pooling("AveragePooling2D"),
  plain("GlobalAveragePooling2D"),
  plain("GlobalMaxPooling2D"),
  plain("Flatten"),
  noise("Dropout", "rate"),
  noise("SpatialDropout2D", "rate"),
  noise("GaussianNoise", "stddev"),
  plain("BatchNormalization"),
  plain("LayerNormalization"),
  {
    className: "Activation",
    positional: ["activation"],
    fields: [{ name: "activation", kind: "choice", choices: ACTIVATIONS }],
    initial: { activation: "relu" },
  },
  {
    className: "Reshape",
    positional: ["targetShape"],
    fields: [{ name: "targetShape", kind: "sizes" }],
    initial: { targetShape: [28, 28, 1] },
  },
];

const input: LayerForm = {
  className: "InputLayer",
  positional: ["shape"],
  fields: [{ name: "shape", kind: "sizes" }],
  initial: { shape: [28, 28] },
};

export const formOf = (className: string): LayerForm | undefined =>
  className === "InputLayer" ? input : layerForms.find((form) => form.className === className);

/** What a field shows. */
export function fieldText(field: Field, args: LayerCode["args"]): string {
  const value = args[field.name] ?? field.default ?? null;
  if (value === null) return field.kind === "choice" ? "linear" : "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What was typed into a field as a value; undefined if it is none. */
export function fieldValue(field: Field, typed: string): Value | undefined {
  const text = typed.trim();
  if (field.kind === "boolean") return text === "true";
  if (field.kind === "choice") return text;
  if (text === "") return field.default === undefined ? undefined : field.default;
  if (field.kind !== "sizes") return numeric(text);
  const parts = text
    .replace(/^\[|\]$/g, "")
    .split(/\s*[,×x]\s*|\s+/)
    .map(numeric);
  if (parts.some((part) => part === undefined)) return undefined;
  // one size for all directions, as in Keras; shapes are always lists
  const single = parts.length === 1 && !["shape", "targetShape"].includes(field.name);
  return single ? (parts[0] as number) : (parts as number[]);
}

function numeric(text: string): number | undefined {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : undefined;
}

/** The arguments with one changed; what Keras would take anyway is left out. */
export function withArgument(args: LayerCode["args"], field: Field, value: Value): LayerCode["args"] {
  const { [field.name]: _, ...others } = args;
  const isDefault =
    field.default !== undefined &&
    (JSON.stringify(value) === JSON.stringify(field.default) ||
      // no activation is the linear one
      (field.name === "activation" && value === "linear"));
  if (isDefault) return others;
  // an argument that is there keeps its place
  return field.name in args ? { ...args, [field.name]: value } : { ...others, [field.name]: value };
}

/** Keras's config of a layer. */
export function layerConfig({ className, args }: LayerCode): {
  readonly className: string;
  readonly config: Readonly<Record<string, Value>>;
} {
  if (className === "InputLayer")
    return { className, config: { batch_shape: [null, ...((args.shape as readonly Value[]) ?? [])] } };
  const config: Record<string, Value> = {};
  for (const [name, value] of Object.entries(args)) config[snakeCase(name)] = value;
  return { className, config };
}

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
