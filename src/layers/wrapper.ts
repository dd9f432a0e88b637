import { type Config, type Json, type Registry, serializeObject } from "../utils/serialization.js";
import { Layer, type LayerOptions, type LayerShape } from "./layer.js";

/** A layer around another one. @see https://keras.io/api/layers/core_layers/ */
export abstract class Wrapper<L extends Layer = Layer> extends Layer {
  readonly layer: L;

  /** @throws if `layer` is not a layer */
  constructor(layer: L, options: LayerOptions = {}) {
    super(options);
    this.layer = expectLayer(layer, this.name);
  }

  override build(inputShape: LayerShape): void {
    this.layer.build(inputShape);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), layer: serializeObject(this.layer) };
  }
}

/** @throws if `value` is not a layer */
export function expectLayer<L extends Layer>(value: L, wrapper: string): L {
  if (value instanceof Layer) return value;
  throw new Error(
    `Layer ${String(value)} supplied to wrapper '${wrapper}' isn't a supported layer type. Please ensure wrapped layer is a valid Keras layer.`,
  );
}

/**
 * The layer that a wrapper's configuration holds.
 * @throws if the wrapper's `fromConfig` was called by itself: then there is nothing that knows the classes
 */
export function nested(config: Json, registry: Registry<Layer> | undefined): Layer {
  if (registry) return registry.deserialize(config);
  throw new Error(
    "This configuration has further layers inside: use `layers.deserialize({ class_name, config })`, which knows their classes, instead of the class's `fromConfig(config)`.",
  );
}

/** A new layer of the same class, with the same configuration but for the given entries. */
export function cloned<L extends Layer>(layer: L, changes: Config): L {
  const { fromConfig } = layer.constructor as typeof Layer;
  return fromConfig.call(layer.constructor as typeof Layer, { ...layer.getConfig(), ...changes }) as L;
}
