import * as nn from "../ops/activations.js";
import * as elementwise from "../ops/elementwise.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { getRegisteredName, getRegisteredObject } from "../utils/registration.js";
import { isSerializedObject, type Json } from "../utils/serialization.js";
import { didYouMean } from "../utils/suggest.js";

/** A function of a tensor that keeps its shape. */
export type Activation = (x: Tensor) => Tensor;

export const relu = (
  x: TensorLike,
  options: { negativeSlope?: number; maxValue?: number | null; threshold?: number } = {},
): Tensor => {
  const { negativeSlope = 0, maxValue = null, threshold = 0 } = options;
  let y: Tensor;
  if (threshold !== 0) {
    const t = toTensor(x);
    const below =
      negativeSlope === 0 ? 0 : elementwise.multiply(elementwise.subtract(t, threshold), negativeSlope);
    y = elementwise.where(elementwise.greater(t, threshold), t, below);
  } else {
    y = negativeSlope === 0 ? nn.relu(x) : nn.leakyRelu(x, negativeSlope);
  }
  return maxValue === null ? y : elementwise.minimum(y, maxValue);
};
export const relu6 = nn.relu6;
export const leakyRelu = nn.leakyRelu;
export const elu = nn.elu;
export const selu = nn.selu;
/** Exact by default, unlike the op. */
export const gelu = (x: TensorLike, approximate = false): Tensor => nn.gelu(x, approximate);
export const silu = nn.silu;
export const tanh = elementwise.tanh;
export const sigmoid = nn.sigmoid;
export const exponential = elementwise.exp;
export const hardSigmoid = nn.hardSigmoid;
export const hardSilu = nn.hardSilu;
export const hardTanh = nn.hardTanh;
export const linear = (x: TensorLike): Tensor => toTensor(x);
export const softplus = nn.softplus;
export const softsign = nn.softsign;
export const mish = nn.mish;
export const logSigmoid = nn.logSigmoid;
export const tanhShrink = nn.tanhShrink;
export const celu = nn.celu;
export const glu = nn.glu;
export const hardShrink = nn.hardShrink;
export const softShrink = nn.softShrink;
export const threshold = nn.threshold;
export const squareplus = nn.squareplus;
export const sparsePlus = nn.sparsePlus;
export const sparseSigmoid = nn.sparseSigmoid;
export const sparsemax = nn.sparsemax;
export const softmax = nn.softmax;
export const logSoftmax = nn.logSoftmax;

const table = {
  relu: (x: Tensor) => relu(x),
  relu6,
  leaky_relu: (x: Tensor) => leakyRelu(x),
  elu: (x: Tensor) => elu(x),
  selu,
  gelu: (x: Tensor) => gelu(x),
  silu,
  swish: silu,
  tanh,
  sigmoid,
  exponential,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  hard_tanh: hardTanh,
  linear,
  softplus,
  softsign,
  mish,
  log_sigmoid: logSigmoid,
  tanh_shrink: tanhShrink,
  celu: (x: Tensor) => celu(x),
  glu: (x: Tensor) => glu(x),
  hard_shrink: (x: Tensor) => hardShrink(x),
  soft_shrink: (x: Tensor) => softShrink(x),
  squareplus: (x: Tensor) => squareplus(x),
  sparse_plus: sparsePlus,
  sparse_sigmoid: sparseSigmoid,
  sparsemax: (x: Tensor) => sparsemax(x),
  softmax: (x: Tensor) => softmax(x),
  log_softmax: (x: Tensor) => logSoftmax(x),
} satisfies Record<string, Activation>;

/** https://keras.io/api/layers/activations/ */
export type ActivationName = keyof typeof table;

/** A name, a function, or null for none. */
export type ActivationIdentifier = ActivationName | Activation | null;

const names = new Map<Activation, string>(
  Object.entries(table)
    .reverse()
    .map(([name, activation]) => [activation, name]),
);

/**
 * The function that a name stands for; null and undefined give `linear`.
 * @throws if the name is unknown
 */
export function get(identifier: ActivationIdentifier | undefined): Activation {
  if (identifier === null || identifier === undefined) return table.linear;
  if (typeof identifier === "function") return identifier;
  const name = isSerializedObject(identifier)
    ? String((identifier as { config: unknown }).config)
    : identifier;
  if (Object.hasOwn(table, name)) return table[name as ActivationName];
  const custom = getRegisteredObject(name);
  if (typeof custom === "function") return custom as Activation;
  throw new Error(
    `Could not interpret activation function identifier: ${JSON.stringify(identifier)}.${didYouMean(String(name), Object.keys(table))}`,
  );
}

/** Keras's name of an activation; a function of the user's own is written by its name. */
export function serialize(activation: Activation): Json {
  return names.get(activation) ?? getRegisteredName(activation);
}

export function deserialize(config: Json): Activation {
  return get(config as ActivationIdentifier);
}
