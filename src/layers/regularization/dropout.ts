import type { Tensor } from "../../ops/tensor.js";
import { dropout } from "../../random/index.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { Config } from "../../utils/serialization.js";
import { show } from "../arguments.js";
import { type CallOptions, Layer, type LayerOptions } from "../layer.js";

export interface DropoutOptions extends LayerOptions {
  /** The shape of the mask, if smaller than the input's: it is broadcast. null stands for the input's size. */
  readonly noiseShape?: readonly (number | null)[] | null;
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

/**
 * While training, sets a share `rate` of its input to 0 and divides the rest by `1 − rate`.
 * @see https://keras.io/api/layers/regularization_layers/dropout/ and https://jmlr.org/papers/v15/srivastava14a.html
 */
export class Dropout extends Layer {
  static override readonly className: string = "Dropout";
  static override readonly constructorArguments: readonly string[] = ["rate"];
  static override readonly callArguments: readonly string[] = ["inputs", "training=false"];
  override supportsMasking = true;
  readonly rate: number;
  readonly seed: number | null;
  readonly noiseShape: readonly (number | null)[] | null;
  readonly seedGenerator: SeedGenerator | null;

  /** @throws if `rate` is not from 0 to 1 */
  constructor(rate: number, options: DropoutOptions = {}) {
    super(options);
    if (typeof rate !== "number" || !(rate >= 0 && rate <= 1)) {
      throw new Error(
        `Invalid value received for argument \`rate\` in layer '${this.name}'. Expected a float value between 0 and 1. Received: rate=${show(rate)}`,
      );
    }
    this.rate = rate;
    this.seed = options.seed ?? null;
    this.noiseShape = options.noiseShape ?? null;
    this.seedGenerator = rate > 0 ? new SeedGenerator(this.seed) : null;
    this.built = true;
  }

  override call(x: Tensor, { training }: CallOptions): Tensor {
    if (!training || !this.seedGenerator) return x;
    const noiseShape = this.noiseShape?.map((extent, axis) => extent ?? x.shape[axis]);
    return dropout(x, this.rate, { seed: this.seedGenerator, noiseShape });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
