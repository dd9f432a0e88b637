import { Tensor } from "../ops/tensor.js";
import * as random from "../random/index.js";
import { drawDefaultSeed } from "../random/streams.js";
import { normalizeAxis, type Shape, sizeOf } from "../tensor/shape.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import { Initializer } from "./initializer.js";

export interface SeedOption {
  /** An integer; default: drawn once, when the initializer is made, from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

/** An initializer that gives the same values at every call. */
abstract class RandomInitializer extends Initializer {
  readonly #given: number | null;
  /** The seed in use. */
  readonly seed: number;

  constructor(options: SeedOption) {
    super();
    this.#given = options.seed ?? null;
    this.seed = options.seed ?? drawDefaultSeed();
  }

  override getConfig(): Config {
    return { seed: this.#given };
  }
}

/** Uniform in [`minval`, `maxval`), default ±0.05. */
export class RandomUniform extends RandomInitializer {
  static override readonly className = "RandomUniform";
  readonly minval: number;
  readonly maxval: number;
  constructor(options: SeedOption & { minval?: number; maxval?: number } = {}) {
    super(options);
    this.minval = options.minval ?? -0.05;
    this.maxval = options.maxval ?? 0.05;
  }
  call(shape: Shape): Tensor {
    return random.uniform(shape, { minval: this.minval, maxval: this.maxval, seed: this.seed });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), minval: this.minval, maxval: this.maxval };
  }
  static fromConfig(config: Config): RandomUniform {
    return new RandomUniform(config as object);
  }
}

/** Normal, default mean 0 and standard deviation 0.05. */
export class RandomNormal extends RandomInitializer {
  static override readonly className: string = "RandomNormal";
  readonly mean: number;
  readonly stddev: number;
  constructor(options: SeedOption & { mean?: number; stddev?: number } = {}) {
    super(options);
    this.mean = options.mean ?? 0;
    this.stddev = options.stddev ?? 0.05;
  }
  call(shape: Shape): Tensor {
    return random.normal(shape, { mean: this.mean, stddev: this.stddev, seed: this.seed });
  }
  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, ...super.getConfig() };
  }
  static fromConfig(config: Config): RandomNormal {
    return new RandomNormal(config as object);
  }
}

/** Normal within two standard deviations. */
export class TruncatedNormal extends RandomNormal {
  static override readonly className = "TruncatedNormal";
  override call(shape: Shape): Tensor {
    return random.truncatedNormal(shape, { mean: this.mean, stddev: this.stddev, seed: this.seed });
  }
  static override fromConfig(config: Config): TruncatedNormal {
    return new TruncatedNormal(config as object);
  }
}

/**
 * Inputs and outputs of one unit: kernels are `[...window, in, out]`, unless `axes` say which axes are inputs and which
 * outputs.
 */
export function computeFans(shape: Shape, axes: FanAxes = {}): [fanIn: number, fanOut: number] {
  const { inputAxes, outputAxes } = axes;
  if (inputAxes && outputAxes) {
    const size = (list: readonly number[]) =>
      sizeOf(list.map((axis) => shape[normalizeAxis(axis, shape.length)]));
    return [size(inputAxes), size(outputAxes)];
  }
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const window = sizeOf(shape.slice(0, -2));
  return [shape[shape.length - 2] * window, shape[shape.length - 1] * window];
}

export type VarianceScalingMode = "fan_in" | "fan_out" | "fan_avg";
export type VarianceScalingDistribution = "truncated_normal" | "untruncated_normal" | "uniform";

/** Which axes of a weight are inputs and which outputs. Default: the last two, times the sizes of the others. */
export interface FanAxes {
  readonly inputAxes?: readonly number[] | null;
  readonly outputAxes?: readonly number[] | null;
}

export interface VarianceScalingOptions extends SeedOption, FanAxes {
  /** Default 1. */
  readonly scale?: number;
  /** Default `"fan_in"`. */
  readonly mode?: VarianceScalingMode;
  /** Default `"truncated_normal"`. */
  readonly distribution?: VarianceScalingDistribution;
}

/** Standard deviation of a standard normal variable cut off at ±2. */
const TRUNCATED_STDDEV = 0.8796256610342398;

/** Numbers whose variance follows from the shape: `scale / n`. */
export class VarianceScaling extends RandomInitializer {
  static override readonly className: string = "VarianceScaling";
  readonly scale: number;
  readonly mode: VarianceScalingMode;
  readonly distribution: VarianceScalingDistribution;
  readonly inputAxes: readonly number[] | null;
  readonly outputAxes: readonly number[] | null;

  constructor(options: VarianceScalingOptions = {}) {
    super(options);
    this.inputAxes = options.inputAxes ?? null;
    this.outputAxes = options.outputAxes ?? null;
    this.scale = options.scale ?? 1;
    this.mode = options.mode ?? "fan_in";
    this.distribution = options.distribution ?? "truncated_normal";
    if (!(this.scale > 0))
      throw new Error(`Argument \`scale\` must be positive float. Received: scale=${this.scale}`);
  }

  call(shape: Shape): Tensor {
    const [fanIn, fanOut] = computeFans(shape, this);
    const n = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[this.mode];
    const scale = this.scale / Math.max(1, n);
    const { seed } = this;
    if (this.distribution === "uniform") {
      const limit = Math.sqrt(3 * scale);
      return random.uniform(shape, { minval: -limit, maxval: limit, seed });
    }
    if (this.distribution === "untruncated_normal")
      return random.normal(shape, { stddev: Math.sqrt(scale), seed });
    return random.truncatedNormal(shape, { stddev: Math.sqrt(scale) / TRUNCATED_STDDEV, seed });
  }

  /** The same distribution, with the same seed, for weights with these axes. */
  withAxes(axes: FanAxes): VarianceScaling {
    const { scale, mode, distribution, seed } = this;
    return new VarianceScaling({ scale, mode, distribution, seed, ...axes });
  }

  override getConfig(): Config {
    return {
      scale: this.scale,
      mode: this.mode,
      distribution: this.distribution,
      ...super.getConfig(),
      input_axes: this.inputAxes,
      output_axes: this.outputAxes,
    };
  }
  static fromConfig(config: Config): VarianceScaling {
    return new VarianceScaling(camelCaseKeys(config));
  }
}

/** A class of variance scalings. */
export interface VarianceScalingClass {
  new (options?: SeedOption & FanAxes): VarianceScaling;
  readonly className: string;
  readonly module: string | null;
  fromConfig(config: Config): VarianceScaling;
}

/** A variance scaling with everything but the seed fixed. */
function named(
  className: string,
  scale: number,
  mode: VarianceScalingMode,
  distribution: VarianceScalingDistribution,
): VarianceScalingClass {
  return class extends VarianceScaling {
    static override readonly className = className;
    constructor(options: SeedOption & FanAxes = {}) {
      super({ ...options, scale, mode, distribution });
    }
    override getConfig(): Config {
      const { scale: _s, mode: _m, distribution: _d, ...config } = super.getConfig();
      return config;
    }
    static override fromConfig(config: Config) {
      return new this(camelCaseKeys(config));
    }
  };
}

/** https://proceedings.mlr.press/v9/glorot10a.html */
export const GlorotUniform = named("GlorotUniform", 1, "fan_avg", "uniform");
export const GlorotNormal = named("GlorotNormal", 1, "fan_avg", "truncated_normal");
/** https://arxiv.org/abs/1502.01852 */
export const HeUniform = named("HeUniform", 2, "fan_in", "uniform");
export const HeNormal = named("HeNormal", 2, "fan_in", "truncated_normal");
export const LecunUniform = named("LecunUniform", 1, "fan_in", "uniform");
export const LecunNormal = named("LecunNormal", 1, "fan_in", "truncated_normal");

/** `gain` times a matrix with orthonormal rows or columns. https://openreview.net/forum?id=_wzZwKpTDF_9C */
export class Orthogonal extends RandomInitializer {
  static override readonly className = "Orthogonal";
  readonly gain: number;
  constructor(options: SeedOption & { gain?: number } = {}) {
    super(options);
    this.gain = options.gain ?? 1;
  }

  call(shape: Shape): Tensor {
    if (shape.length < 2) throw new Error("The tensor to initialize must be at least two-dimensional.");
    const rows = sizeOf(shape.slice(0, -1));
    const columns = shape[shape.length - 1];
    const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
    const { data } = random.normal([long, short], { seed: this.seed });
    const q = orthonormalColumns(Float64Array.from(data), long, short);
    const result = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++)
        result[i * columns + j] = this.gain * (rows < columns ? q[j * short + i] : q[i * short + j]);
    }
    return new Tensor(result, { shape, dtype: "float32" });
  }

  override getConfig(): Config {
    return { gain: this.gain, ...super.getConfig() };
  }
  static fromConfig(config: Config): Orthogonal {
    return new Orthogonal(config as object);
  }
}

/** Gram–Schmidt, twice over for accuracy: the Q of the QR decomposition whose R has a positive diagonal. */
function orthonormalColumns(a: Float64Array, rows: number, columns: number): Float64Array {
  for (let j = 0; j < columns; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        let dot = 0;
        for (let i = 0; i < rows; i++) dot += a[i * columns + k] * a[i * columns + j];
        for (let i = 0; i < rows; i++) a[i * columns + j] -= dot * a[i * columns + k];
      }
    }
    let norm = 0;
    for (let i = 0; i < rows; i++) norm += a[i * columns + j] ** 2;
    for (let i = 0; i < rows; i++) a[i * columns + j] /= Math.sqrt(norm);
  }
  return a;
}
