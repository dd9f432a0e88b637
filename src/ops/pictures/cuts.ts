import { formatShape } from "../../tensor/shape.js";
import { eye, pad } from "../arrays.js";
import { conv, type DataFormat, type Padding } from "../nn.js";
import { operation } from "../operation.js";
import { type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/image/: parts and borders of pictures (height, width, channels), or of batches of them

/** The axes of height and width. @throws if it is no picture */
function heightAndWidth(name: string, x: Tensor, format: DataFormat | null | undefined): [number, number] {
  if (x.rank !== 3 && x.rank !== 4) {
    throw new Error(
      `ops.image.${name}: expected pictures of 3 axes, or batches of 4. Received: shape ${formatShape(x.shape)}`,
    );
  }
  const height = x.rank - (format === "channels_first" ? 2 : 3);
  return [height, height + 1];
}

type Size = number | null | undefined;
/** What of three sizes that add up to `total` is missing. @throws if not exactly two are given, or one is less than 0 */
function completed(
  name: string,
  total: number,
  sizes: readonly [before: Size, size: Size, after: Size],
): number[] {
  const given = sizes.filter((size): size is number => size !== undefined && size !== null);
  const missing = total - given.reduce((sum, size) => sum + size, 0);
  const all = sizes.map((size) => size ?? missing);
  if (given.length !== 2 || all.some((size) => size < 0)) {
    throw new Error(
      `ops.image.${name}: expected two of the sizes before, behind and of the result for each axis, none below 0. Received: ${JSON.stringify(sizes.map((size) => size ?? null))} of ${total}`,
    );
  }
  return all;
}

/**
 * Pictures with zeros around them. Of top, bottom and target height two are given, and of left, right and target width.
 * @throws if they are not, or a padding would be negative
 */
export const padImages = /* @__PURE__ */ operation(
  "image.PadImages(images; top_padding=null, left_padding=null, bottom_padding=null, right_padding=null, target_height=null, target_width=null, data_format=null)",
  (
    images: TensorLike,
    topPadding?: Size,
    leftPadding?: Size,
    bottomPadding?: Size,
    rightPadding?: Size,
    targetHeight?: Size,
    targetWidth?: Size,
    dataFormat?: DataFormat | null,
  ): Tensor => {
    const t = toTensor(images);
    const axes = heightAndWidth("padImages", t, dataFormat);
    const wanted = [
      [topPadding, targetHeight, bottomPadding],
      [leftPadding, targetWidth, rightPadding],
    ] as const;
    const widths = axes.map((axis, i): [number, number] => {
      const [before, target, after] = wanted[i];
      const extent = t.shape[axis];
      const found = [
        before ?? (target ?? 0) - extent - (after ?? 0),
        after ?? (target ?? 0) - extent - (before ?? 0),
      ];
      const given = wanted[i].filter((size) => size !== undefined && size !== null).length;
      if (given !== 2 || found.some((size) => size < 0)) {
        throw new Error(
          `ops.image.padImages: expected two of the padding before, behind and the target size for each axis, and no negative padding. Received: ${JSON.stringify(wanted[i].map((size) => size ?? null))} for size ${extent}`,
        );
      }
      return [found[0], found[1]];
    });
    return pad(
      t,
      t.shape.map((_, axis) => widths[axes.indexOf(axis)] ?? ([0, 0] as const)),
    );
  },
);
/**
 * A part of pictures. Of what is left out at the top, at the bottom and the target height two are given, and of left, right and
 * target width.
 * @throws if they are not, or the part reaches outside
 */
export const cropImages = /* @__PURE__ */ operation(
  "image.CropImages(images; top_cropping=null, left_cropping=null, bottom_cropping=null, right_cropping=null, target_height=null, target_width=null, data_format=null)",
  (
    images: TensorLike,
    topCropping?: Size,
    leftCropping?: Size,
    bottomCropping?: Size,
    rightCropping?: Size,
    targetHeight?: Size,
    targetWidth?: Size,
    dataFormat?: DataFormat | null,
  ): Tensor => {
    const t = toTensor(images);
    const axes = heightAndWidth("cropImages", t, dataFormat);
    const parts = [
      completed("cropImages", t.shape[axes[0]], [topCropping, targetHeight, bottomCropping]),
      completed("cropImages", t.shape[axes[1]], [leftCropping, targetWidth, rightCropping]),
    ];
    return t.slice(
      t.shape.map((_, axis) => parts[axes.indexOf(axis)]?.[0] ?? 0),
      t.shape.map((extent, axis) => parts[axes.indexOf(axis)]?.[1] ?? extent),
    );
  },
);

type PatchArguments = [
  images: TensorLike,
  window: readonly number[],
  strides: number | readonly number[],
  dilationRate: number | readonly number[],
  padding: Padding,
  dataFormat: DataFormat | null | undefined,
];
/**
 * Parts of pictures, each as the channels of one pixel.
 * @param size of a part: one number, or one for each axis (two, or three for volumes)
 * @param strides from part to part, default: the size
 * @throws if it is no picture
 */
export const extractPatches = /* @__PURE__ */ operation(
  'image.ExtractPatches(images; size, strides=null, dilation_rate=1, padding="valid", data_format=null)',
  (
    images: TensorLike,
    window: readonly number[],
    strides: number | readonly number[],
    dilationRate: number | readonly number[] = 1,
    padding: Padding = "valid",
    dataFormat?: DataFormat | null,
  ): Tensor => {
    const t = toTensor(images);
    const rank = window.length;
    if (t.rank !== rank + 1 && t.rank !== rank + 2) {
      throw new Error(
        `ops.image.extractPatches: expected ${rank + 1} axes, or ${rank + 2} of a batch. Received: shape ${formatShape(t.shape)}`,
      );
    }
    const single = t.rank === rank + 1;
    const batch = single ? t.reshape([1, ...t.shape]) : t;
    const format = dataFormat ?? "channels_last";
    const channels = batch.shape[format === "channels_first" ? 1 : rank + 1];
    const depth = window.reduce((product, extent) => product * extent, channels);
    const patches = conv(batch, eye(depth).reshape([...window, channels, depth]), {
      strides,
      padding,
      dataFormat: format,
      dilationRate,
    });
    return single ? patches.reshape(patches.shape.slice(1)) : patches;
  },
  (
    images: TensorLike,
    size: number | readonly number[],
    strides?: number | readonly number[] | null,
    dilationRate: number | readonly number[] = 1,
    padding: Padding = "valid",
    dataFormat?: DataFormat | null,
  ): PatchArguments => {
    const window = typeof size === "number" ? [size, size] : size;
    return [images, window, strides ?? window, dilationRate, padding, dataFormat];
  },
);
/** As `extractPatches` of volumes, where one number as size stands for all three axes. */
export const extractPatches3d: typeof extractPatches = ((
  volumes: TensorLike,
  size: number | readonly number[],
  ...rest: never[]
) =>
  extractPatches(
    volumes,
    typeof size === "number" ? [size, size, size] : size,
    ...rest,
  )) as typeof extractPatches;
