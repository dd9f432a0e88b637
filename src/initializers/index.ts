import type { Tensor } from "../ops/tensor.js";
import type { DType } from "../tensor/dtype.js";
import type { Shape } from "../tensor/shape.js";
import { type Json, Registry, serializeObject } from "../utils/serialization.js";
import { Constant, Identity, Ones, Zeros } from "./constant.js";
import { Initializer } from "./initializer.js";
import * as random from "./random.js";

export * from "./constant.js";
export * from "./initializer.js";
export * from "./random.js";

export type InitializerName =
  | "zeros"
  | "ones"
  | "constant"
  | "identity"
  | "random_uniform"
  | "random_normal"
  | "truncated_normal"
  | "variance_scaling"
  | "glorot_uniform"
  | "glorot_normal"
  | "he_uniform"
  | "he_normal"
  | "lecun_uniform"
  | "lecun_normal"
  | "orthogonal"
  | "uniform"
  | "normal";

/** A name, an object, Keras's dictionary, or a function of shape and dtype. */
export type InitializerIdentifier =
  | InitializerName
  | Initializer
  | ((shape: Shape, dtype?: DType) => Tensor)
  | { readonly class_name: string; readonly config: object };

const classes = [
  Zeros,
  Ones,
  Constant,
  Identity,
  random.RandomUniform,
  random.RandomNormal,
  random.TruncatedNormal,
  random.VarianceScaling,
  random.GlorotUniform,
  random.GlorotNormal,
  random.HeUniform,
  random.HeNormal,
  random.LecunUniform,
  random.LecunNormal,
  random.Orthogonal,
] as const;

const registry = /* @__PURE__ */ new Registry<Initializer>("initializer", classes, {
  zeros: Zeros,
  ones: Ones,
  constant: Constant,
  identity: Identity,
  random_uniform: random.RandomUniform,
  uniform: random.RandomUniform,
  random_normal: random.RandomNormal,
  normal: random.RandomNormal,
  truncated_normal: random.TruncatedNormal,
  variance_scaling: random.VarianceScaling,
  glorot_uniform: random.GlorotUniform,
  glorot_normal: random.GlorotNormal,
  he_uniform: random.HeUniform,
  he_normal: random.HeNormal,
  lecun_uniform: random.LecunUniform,
  lecun_normal: random.LecunNormal,
  orthogonal: random.Orthogonal,
});

/** A function as an initializer. */
class FunctionInitializer extends Initializer {
  static override readonly module = null;
  constructor(readonly fn: (shape: Shape, dtype?: DType) => Tensor) {
    super();
  }
  call(shape: Shape, dtype?: DType): Tensor {
    return this.fn(shape, dtype);
  }
}

/** @throws if the name is unknown */
export function get(identifier: InitializerIdentifier): Initializer {
  if (identifier instanceof Initializer) return identifier;
  if (typeof identifier === "function") return new FunctionInitializer(identifier);
  return registry.deserialize(identifier);
}

export function deserialize(config: Json): Initializer {
  return registry.deserialize(config);
}

export function serialize(initializer: Initializer): Json {
  return serializeObject(initializer);
}
