import { add, greaterEqual, multiply, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import { normal, uniform } from "../../random/index.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { Config } from "../../utils/serialization.js";
import { rateOf } from "../arguments.js";
import { type CallOptions, Layer, type LayerOptions } from "../layer.js";

export interface NoiseOptions extends LayerOptions {
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

/** Changes its inputs at random while training. */
abstract class Noise extends Layer {
  static override readonly callArguments: readonly string[] = ["inputs", "training=false"];
  override supportsMasking = true;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator | null;

  constructor(active: boolean, options: NoiseOptions) {
    super(options);
    this.seed = options.seed ?? null;
    this.seedGenerator = active ? new SeedGenerator(this.seed) : null;
    this.built = true;
  }

  protected abstract disturb(x: Tensor, seed: SeedGenerator): Tensor;

  override call(x: Tensor, { training }: CallOptions): Tensor {
    return training && this.seedGenerator ? this.disturb(x, this.seedGenerator) : x;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.seed };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

/**
 * Adds normal noise with standard deviation `stddev` while training.
 * @see https://keras.io/api/layers/regularization_layers/gaussian_noise/
 */
export class GaussianNoise extends Noise {
  static override readonly className = "GaussianNoise";
  static override readonly constructorArguments = ["stddev"];
  readonly stddev: number;

  /** @throws if `stddev` is not from 0 to 1 */
  constructor(stddev: number, options: NoiseOptions = {}) {
    super(stddev > 0, options);
    this.stddev = rateOf(stddev, this.name, "stddev");
  }

  protected override disturb(x: Tensor, seed: SeedGenerator): Tensor {
    return add(x, normal(x.shape, { stddev: this.stddev, seed }));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), stddev: this.stddev };
  }
}

/**
 * Multiplies by normal noise around 1, with the variance that dropout of a share `rate` has, while training.
 * @see https://keras.io/api/layers/regularization_layers/gaussian_dropout/
 */
export class GaussianDropout extends Noise {
  static override readonly className = "GaussianDropout";
  static override readonly constructorArguments = ["rate"];
  readonly rate: number;

  /** @throws if `rate` is not from 0 to 1 */
  constructor(rate: number, options: NoiseOptions = {}) {
    super(rate > 0, options);
    this.rate = rateOf(rate, this.name);
  }

  protected override disturb(x: Tensor, seed: SeedGenerator): Tensor {
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return multiply(x, normal(x.shape, { mean: 1, stddev, seed }));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate };
  }
}

export interface AlphaDropoutOptions extends NoiseOptions {
  /** The shape of the mask, if smaller than the input's: it is broadcast. null stands for the input's size. */
  readonly noiseShape?: readonly (number | null)[] | null;
}

/** The constants of `selu`. */
const ALPHA = 1.6732632423543772;
const SCALE = 1.0507009873554805;

/**
 * Dropout that keeps mean and variance of what `selu` gives: drops to selu's smallest value.
 * @see https://keras.io/api/layers/regularization_layers/alpha_dropout/ and https://arxiv.org/abs/1706.02515
 */
export class AlphaDropout extends Noise {
  static override readonly className = "AlphaDropout";
  static override readonly constructorArguments = ["rate"];
  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | null;

  /** @throws if `rate` is not from 0 to 1 */
  constructor(rate: number, options: AlphaDropoutOptions = {}) {
    super(rate > 0, options);
    this.rate = rateOf(rate, this.name);
    this.noiseShape = options.noiseShape ?? null;
  }

  protected override disturb(x: Tensor, seed: SeedGenerator): Tensor {
    const { rate } = this;
    const noiseShape = this.noiseShape?.map((extent, axis) => extent ?? x.shape[axis]) ?? x.shape;
    const lowest = -ALPHA * SCALE;
    const kept = greaterEqual(uniform(noiseShape, { seed }), rate).astype("float32");
    const factor = ((1 - rate) * (1 + rate * lowest ** 2)) ** -0.5;
    const offset = -factor * lowest * rate;
    const dropped = add(multiply(x, kept), multiply(subtract(1, kept), lowest));
    return add(multiply(dropped, factor), offset);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, noise_shape: this.noiseShape };
  }
}
