import { formatShape } from "../../tensor/shape.js";
import { stack } from "../arrays.js";
import { type DataFormat, depthwiseConv } from "../nn.js";
import { operation } from "../operation.js";
import { type Tensor, type TensorLike, tensor, toTensor } from "../tensor.js";

// https://keras.io/api/ops/image/: each pixel from its neighbourhood

/** Each channel with one kernel, given row by row; black around the pictures. @throws if it is no picture */
function filtered(
  name: string,
  images: TensorLike,
  rows: readonly (readonly number[])[],
  format: DataFormat,
): Tensor {
  const t = toTensor(images).astype("float32");
  if (t.rank !== 3 && t.rank !== 4) {
    throw new Error(
      `ops.image.${name}: expected pictures of 3 axes, or batches of 4. Received: shape ${formatShape(t.shape)}`,
    );
  }
  const batch = t.rank === 3 ? t.reshape([1, ...t.shape]) : t;
  const channels = batch.shape[format === "channels_first" ? 1 : 3];
  const cells = rows.flatMap((row) =>
    row.flatMap((weight) => Array.from({ length: channels }, () => weight)),
  );
  const kernel = tensor(Float32Array.from(cells), [rows.length, rows[0].length, channels, 1]);
  return depthwiseConv(batch, kernel, { padding: "same", dataFormat: format }).reshape(t.shape);
}

/**
 * Pictures smoothed by a bell.
 * @param kernelSize of the bell, for width and height
 * @param sigma its standard deviation, for width and height
 * @throws if it is no picture
 */
export const gaussianBlur = /* @__PURE__ */ operation(
  "image.GaussianBlur(images; kernel_size=[3,3], sigma=[1,1], data_format=null)",
  (
    images: TensorLike,
    kernelSize: readonly [number, number] = [3, 3],
    sigma: readonly [number, number] = [1, 1],
    dataFormat?: DataFormat | null,
  ): Tensor => {
    const [horizontal, vertical] = kernelSize.map((size, i) => {
      const weights = Array.from({ length: size }, (_, k) =>
        Math.exp(-0.5 * ((k - (size - 1) / 2) / sigma[i]) ** 2),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    });
    const rows = vertical.map((y) => horizontal.map((x) => x * y));
    return filtered("gaussianBlur", images, rows, dataFormat ?? "channels_last");
  },
);

/** How steeply pictures rise downwards and to the right, along a new last axis of size 2. @throws if it is no batch of pictures */
export const sobelEdges = /* @__PURE__ */ operation(
  "image.SobelEdges(images; data_format=null)",
  (images: TensorLike, dataFormat?: DataFormat | null): Tensor => {
    const right = [
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ];
    const down = right.map((_, i) => right.map((row) => row[i]));
    const format = dataFormat ?? "channels_last";
    return stack(
      [down, right].map((rows) => filtered("sobelEdges", images, rows, format)),
      -1,
    );
  },
);
