import * as lax from "../primitives/index.js";
import { newArray } from "../tensor/dtype.js";
import { constant } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import type { DataFormat } from "./nn.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/image/

export type Interpolation = "nearest" | "bilinear" | "bicubic" | "lanczos3" | "lanczos5";

export interface ResizeOptions {
  /** Default `"bilinear"`. */
  readonly interpolation?: Interpolation;
  /** Whether pictures that get smaller are smoothed first. Default false. */
  readonly antialias?: boolean;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos = (radius: number) => (x: number) => (x > radius ? 0 : sinc(x) * sinc(x / radius));

/** How much a pixel counts at a distance. */
const kernels: Record<Exclude<Interpolation, "nearest">, (distance: number) => number> = {
  bilinear: (x) => Math.max(0, 1 - x),
  bicubic: (x) => {
    if (x >= 2) return 0;
    return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
  },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

export const interpolations: readonly Interpolation[] = [
  "nearest",
  ...(Object.keys(kernels) as Interpolation[]),
];

/**
 * Pictures `(batch, height, width, channels)` (or one, without the batch) in another size, computed as JAX computes it.
 *
 * @param size `[height, width]`
 * @see https://keras.io/api/ops/image/#resize-function
 */
export const resize = /* @__PURE__ */ operation(
  'image.Resize(images; size, ...interpolation="bilinear", antialias=false, crop_to_aspect_ratio=false, pad_to_aspect_ratio=false, fill_mode="constant", fill_value=0, data_format=null)',
  (images: TensorLike, size: readonly [number, number], options: ResizeOptions = {}): Tensor => {
    const { interpolation = "bilinear", antialias = false, dataFormat = "channels_last" } = options;
    const x = toTensor(images);
    if (x.rank !== 3 && x.rank !== 4) {
      throw new Error(
        `image.resize: expected pictures of 3 axes, or batches of 4. Received: ${x.rank} axes (shape ${JSON.stringify(x.shape)})`,
      );
    }
    const height = x.rank - (dataFormat === "channels_last" ? 3 : 2);
    return apply([x], (value) =>
      size.reduce(
        (v, target, i) => resizedAxis(v, height + i, target, interpolation, antialias),
        asFloat(value),
      ),
    );
  },
);

function resizedAxis(
  x: Value,
  axis: number,
  target: number,
  interpolation: Interpolation,
  antialias: boolean,
): Value {
  const extent = x.shape[axis];
  if (extent === target) return x;
  if (interpolation === "nearest") {
    const positions = Int32Array.from({ length: target }, (_, i) =>
      Math.floor(Math.fround(Math.fround((i + 0.5) * extent) / target)),
    );
    return lax.gather(x, constant(positions, { shape: [target], dtype: "int32" }), { axis });
  }
  const weights = constant(
    newArray("float32", weightsOf(extent, target, kernels[interpolation], antialias)),
    {
      shape: [extent, target],
      dtype: "float32",
    },
  );
  const product = lax.dotGeneral(x, weights, { contracting: [[axis], [0]], batch: [[], []] });
  const last = x.shape.length - 1;
  return lax.transpose(
    product,
    x.shape.map((_, a) => (a < axis ? a : a === axis ? last : a - 1)),
  );
}

/** `[extent, target]`: what each pixel contributes to each pixel of the result. */
function weightsOf(
  extent: number,
  target: number,
  kernel: (distance: number) => number,
  antialias: boolean,
): Float32Array {
  const step = extent / target;
  const width = antialias ? Math.max(step, 1) : 1;
  const weights = new Float32Array(extent * target);
  for (let j = 0; j < target; j++) {
    const center = (j + 0.5) * step - 0.5;
    let total = 0;
    for (let i = 0; i < extent; i++) total += kernel(Math.abs(center - i) / width);
    // what lies outside of the picture altogether is black
    const inside = center >= -0.5 && center <= extent - 0.5 && Math.abs(total) > 1000 * 2 ** -23;
    for (let i = 0; i < extent; i++)
      weights[i * target + j] = inside ? kernel(Math.abs(center - i) / width) / total : 0;
  }
  return weights;
}
