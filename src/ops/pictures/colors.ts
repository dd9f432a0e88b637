import * as lax from "../../primitives/index.js";
import { formatShape } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { same } from "../lift.js";
import type { DataFormat } from "../nn.js";
import { operation } from "../operation.js";
import { asFloat } from "../promotion.js";
import { type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/image/: colours of pictures (height, width, channels), or of batches of them

/** The axis of the channels. @throws if it is no picture, or has another number of channels */
function channelsOf(
  name: string,
  x: Tensor,
  format: DataFormat | null | undefined,
  counts: readonly number[],
): number {
  if (x.rank !== 3 && x.rank !== 4) {
    throw new Error(
      `ops.image.${name}: expected pictures of 3 axes, or batches of 4. Received: shape ${formatShape(x.shape)}`,
    );
  }
  const axis = x.rank - (format === "channels_first" ? 3 : 1);
  if (!counts.includes(x.shape[axis])) {
    throw new Error(
      `ops.image.${name}: expected ${counts.join(" or ")} channels. Received: ${x.shape[axis]} (shape ${formatShape(x.shape)})`,
    );
  }
  return axis;
}
/** The channels, each with an axis of size 1. */
const planes = (v: Value, axis: number): Value[] =>
  Array.from({ length: v.shape[axis] }, (_, i) =>
    lax.slice(
      v,
      v.shape.map((_e, a) => (a === axis ? i : 0)),
      v.shape.map((extent, a) => (a === axis ? i + 1 : extent)),
    ),
  );

/** 0.2989 red + 0.587 green + 0.114 blue, in the dtype of the pictures; one channel stays as it is. @throws for other channels */
export const rgbToGrayscale = /* @__PURE__ */ operation(
  "image.RGBToGrayscale(images; data_format=null)",
  (images: TensorLike, dataFormat?: DataFormat | null): Tensor => {
    const t = toTensor(images);
    const axis = channelsOf("rgbToGrayscale", t, dataFormat, [1, 3]);
    if (t.shape[axis] === 1) return t;
    return same(t, (v) => {
      const [r, g, b] = planes(asFloat(v), axis);
      const gray = lax.add(lax.add(lax.mul(r, 0.2989), lax.mul(g, 0.587)), lax.mul(b, 0.114));
      return lax.convert(gray, v.dtype);
    });
  },
);

/** @throws if pictures are not float32 */
function floats(name: string, t: Tensor): Tensor {
  if (t.dtype !== "float32")
    throw new Error(
      `ops.image.${name}: expected float32 pictures. Received: dtype=${t.dtype}. Divide by 255 first.`,
    );
  return t;
}
/** Red, green and blue (0 to 1) as hue, saturation and value (0 to 1). @throws if there are not three channels of float32 */
export const rgbToHsv = /* @__PURE__ */ operation(
  "image.RGBToHSV(images; data_format=null)",
  (images: TensorLike, dataFormat?: DataFormat | null): Tensor => {
    const t = floats("rgbToHsv", toTensor(images));
    const axis = channelsOf("rgbToHsv", t, dataFormat, [3]);
    return same(t, (v) => {
      const [r, g, b] = planes(lax.select(lax.lt(lax.abs(v), 2 ** -23), 0, v), axis);
      const value = lax.max(lax.max(r, g), b);
      const range = lax.sub(value, lax.min(lax.min(r, g), b));
      const [bright, coloured] = [lax.gt(value, 0), lax.gt(range, 0)];
      const saturation = lax.select(bright, lax.div(range, lax.select(bright, value, 1)), 0);
      const share = lax.div(1, lax.mul(lax.select(coloured, range, 1), 6));
      const part = (x: Value, y: Value, third: number) => lax.add(lax.mul(share, lax.sub(x, y)), third / 3);
      const others = lax.select(lax.eq(value, g), part(b, r, 1), part(r, g, 2));
      const hue = lax.select(lax.eq(value, r), part(g, b, 0), others);
      const turned = lax.convert(lax.lt(hue, 0), "float32");
      return lax.concatenate([lax.add(lax.select(coloured, hue, 0), turned), saturation, value], axis);
    });
  },
);
/** Hue, saturation and value (0 to 1) as red, green and blue (0 to 1). @throws if there are not three channels of float32 */
export const hsvToRgb = /* @__PURE__ */ operation(
  "image.HSVToRGB(images; data_format=null)",
  (images: TensorLike, dataFormat?: DataFormat | null): Tensor => {
    const t = floats("hsvToRgb", toTensor(images));
    const axis = channelsOf("hsvToRgb", t, dataFormat, [3]);
    return same(t, (v) => {
      const [hue, saturation, value] = planes(v, axis);
      const place = lax.mul(lax.sub(hue, lax.floor(hue)), 6);
      const away = (from: number) => lax.abs(lax.sub(place, from));
      const strengths = [lax.sub(away(3), 1), lax.sub(2, away(2)), lax.sub(2, away(4))];
      const white = lax.sub(1, saturation);
      return lax.concatenate(
        strengths.map((s) => lax.mul(value, lax.add(white, lax.mul(saturation, lax.clamp(0, s, 1))))),
        axis,
      );
    });
  },
);
