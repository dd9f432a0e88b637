import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import { formatShape, normalizeAxis } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { same } from "./lift.js";
import type { DataFormat } from "./nn.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/nn/: pictures and their blocks, classes and comparisons

/** @throws if it is no block size, or there are not four axes */
function expectBlocks(name: string, x: Tensor, blockSize: number): void {
  if (!Number.isInteger(blockSize) || blockSize < 2)
    throw new Error(`ops.${name}: \`block_size\` must be at least 2. Received: block_size=${blockSize}`);
  if (x.rank !== 4)
    throw new Error(`ops.${name}: expected four axes. Received: shape ${formatShape(x.shape)}`);
}
/**
 * Channels become blocks of `blockSize` × `blockSize` pixels: `(batch, height, width, channels)` to
 * `(batch, height · blockSize, width · blockSize, channels / blockSize²)`.
 * @throws if the channels cannot be shared out
 */
export const depthToSpace = /* @__PURE__ */ operation(
  'nn.DepthToSpace(x; block_size, data_format="channels_last")',
  (x: TensorLike, blockSize: number, dataFormat: DataFormat = "channels_last"): Tensor => {
    const t = toTensor(x);
    expectBlocks("depthToSpace", t, blockSize);
    const b = blockSize;
    if (dataFormat === "channels_first") {
      const [n, c, h, w] = t.shape;
      const blocks = t.reshape([n, c / b ** 2, b, b, h, w]).transpose([0, 1, 4, 2, 5, 3]);
      return blocks.reshape([n, c / b ** 2, h * b, w * b]);
    }
    const [n, h, w, c] = t.shape;
    return t
      .reshape([n, h, w, b, b, c / b ** 2])
      .transpose([0, 1, 3, 2, 4, 5])
      .reshape([n, h * b, w * b, c / b ** 2]);
  },
);
/** Blocks of `blockSize` × `blockSize` pixels become channels: what `depthToSpace` does, backwards. @throws as it does */
export const spaceToDepth = /* @__PURE__ */ operation(
  'nn.SpaceToDepth(x; block_size, data_format="channels_last")',
  (x: TensorLike, blockSize: number, dataFormat: DataFormat = "channels_last"): Tensor => {
    const t = toTensor(x);
    expectBlocks("spaceToDepth", t, blockSize);
    const b = blockSize;
    if (dataFormat === "channels_first") {
      const [n, c, h, w] = t.shape;
      const blocks = t.reshape([n, c, h / b, b, w / b, b]).transpose([0, 1, 3, 5, 2, 4]);
      return blocks.reshape([n, c * b ** 2, h / b, w / b]);
    }
    const [n, h, w, c] = t.shape;
    return t
      .reshape([n, h / b, b, w / b, b, c])
      .transpose([0, 1, 3, 2, 4, 5])
      .reshape([n, h / b, w / b, c * b ** 2]);
  },
);

/** One number for height and width, or one for each. */
type Pair = number | readonly [number, number];
const pairOf = (value: Pair): readonly [number, number] =>
  typeof value === "number" ? [value, value] : value;

/** How the blocks of a picture lie: offsets of a block's pixels, and how many blocks there are. */
function layout(size: readonly number[], kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) {
  const [k, d, p, s] = [kernel, dilation, padding, stride].map(pairOf);
  const padded = size.map((extent, i) => extent + 2 * p[i]);
  const counts = padded.map((extent, i) => Math.floor((extent - d[i] * (k[i] - 1) - 1) / s[i]) + 1);
  const cells = Array.from({ length: k[0] * k[1] }, (_, c) => [
    Math.floor(c / k[1]) * d[0],
    (c % k[1]) * d[1],
  ]);
  return { k, p, s, padded, counts, cells };
}

/**
 * The blocks of pictures `(batch, channels, height, width)` that a kernel would see: `(batch, channels · kernel pixels, blocks)`.
 * @param kernelSize, dilation, padding, stride one number, or one for height and one for width
 * @throws if there are not four axes
 */
export const unfold = /* @__PURE__ */ operation(
  "nn.Unfold(x; kernel_size, dilation=1, padding=0, stride=1)",
  (x: TensorLike, kernelSize: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1): Tensor => {
    const t = toTensor(x);
    if (t.rank !== 4)
      throw new Error(`ops.unfold: expected four axes. Received: shape ${formatShape(t.shape)}`);
    const [batch, channels, ...size] = t.shape;
    const { p, s, counts, cells } = layout(size, kernelSize, dilation, padding, stride);
    const [rows, columns] = counts;
    return same(t, (v) => {
      const around = [0, 0, ...p];
      const padded = lax.pad(v, lax.full([], 0, v.dtype), around, around);
      const parts = cells.map(([i, j]) => {
        const limit = [batch, channels, i + (rows - 1) * s[0] + 1, j + (columns - 1) * s[1] + 1];
        const part = lax.slice(padded, [0, 0, i, j], limit, [1, 1, ...s]);
        return lax.reshape(part, [batch, channels, 1, rows * columns]);
      });
      return lax.reshape(lax.concatenate(parts, 2), [batch, channels * cells.length, rows * columns]);
    });
  },
);
/**
 * Pictures `(batch, channels, height, width)` from blocks as `unfold` gives them; what blocks have in common is added.
 * @param outputSize height and width
 * @throws if there are not three axes, or not the blocks of such a picture
 */
export const fold = /* @__PURE__ */ operation(
  "nn.Fold(x; output_size, kernel_size, dilation=1, padding=0, stride=1)",
  (
    x: TensorLike,
    outputSize: Pair,
    kernelSize: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
  ): Tensor => {
    const t = toTensor(x);
    const size = pairOf(outputSize);
    const { p, s, padded, counts, cells } = layout(size, kernelSize, dilation, padding, stride);
    const [rows, columns] = counts;
    const [batch, depth, blocks] = t.shape;
    if (t.rank !== 3 || depth % cells.length !== 0 || blocks !== rows * columns) {
      throw new Error(
        `ops.fold: expected (batch, channels · ${cells.length}, ${rows * columns}). Received: shape ${formatShape(t.shape)}`,
      );
    }
    const channels = depth / cells.length;
    return same(t, (v) => {
      const parts = lax.reshape(v, [batch, channels, cells.length, rows, columns]);
      const sum = cells
        .map(([i, j], c) => {
          const part = lax.slice(parts, [0, 0, c, 0, 0], [batch, channels, c + 1, rows, columns]);
          const after = [padded[0] - i - (rows - 1) * s[0] - 1, padded[1] - j - (columns - 1) * s[1] - 1];
          return lax.pad(
            lax.reshape(part, [batch, channels, rows, columns]),
            lax.full([], 0, v.dtype),
            [0, 0, i, j],
            [0, 0, ...after],
            [0, 0, s[0] - 1, s[1] - 1],
          );
        })
        .reduce(lax.add);
      return lax.slice(sum, [0, 0, ...p], [batch, channels, p[0] + size[0], p[1] + size[1]]);
    });
  },
);

/**
 * 1 for each class that occurs in a row of labels, else 0.
 * @param axis where the classes lie in the one-hot arrays, of which the largest along the second axis (of a list the first) are taken
 */
export const multiHot = /* @__PURE__ */ operation(
  'nn.MultiHot(inputs; num_classes=null, axis=-1, dtype="float32", sparse=false)',
  (inputs: TensorLike, numClasses: number | null, axis = -1, dtype: DType = "float32"): Tensor => {
    if (!Number.isInteger(numClasses))
      throw new Error(
        `ops.multiHot: argument \`num_classes\` must be specified. Received: num_classes=${numClasses}`,
      );
    const t = toTensor(inputs, "int32").astype("int32");
    const at = normalizeAxis(axis, t.rank + 1);
    const shape = [...t.shape.slice(0, at), numClasses as number, ...t.shape.slice(at)];
    return same(t, (v) => {
      const spread = lax.broadcastInDim(
        v,
        shape,
        v.shape.map((_, a) => (a < at ? a : a + 1)),
      );
      const hits = lax.eq(spread, lax.iota(shape, "int32", at));
      return lax.convert(lax.reduceOr(hits, [t.rank > 1 ? 1 : 0]), dtype);
    });
  },
);

/**
 * How alike two pictures are, in decibels: 20 log₁₀(maxVal) − 10 log₁₀ of their mean squared difference.
 * @param maxVal the largest value that a pixel can have
 * @throws if the shapes differ
 */
export const psnr = /* @__PURE__ */ operation(
  "nn.PSNR(x1, x2; max_val)",
  (x1: TensorLike, x2: TensorLike, maxVal: number): Tensor =>
    apply([toTensor(x1), toTensor(x2)], (a, b) => {
      const [x, y] = [asFloat(a), asFloat(b)];
      if (formatShape(x.shape) !== formatShape(y.shape)) {
        throw new Error(
          `ops.psnr: expected pictures of one shape. Received: shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
        );
      }
      const difference = lax.sub(x, y);
      const axes = x.shape.map((_, axis) => axis);
      const count = x.shape.reduce((n, extent) => n * extent, 1);
      const error = lax.div(lax.reduceSum(lax.mul(difference, difference), axes), count);
      const decibels = (v: Value, factor: number) => lax.mul(lax.div(lax.log(v), Math.LN10), factor);
      return lax.sub(decibels(lax.full([], maxVal, "float32"), 20), decibels(error, 10));
    }),
);
