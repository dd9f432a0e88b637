import type { DecodedPng } from "fast-png";
import { ops, Tensor } from "keratin";

/**
 * A PNG picture as a model takes it, `(1, height, width[, channels])`, 0…255: grey or in colour as it wants, without
 * transparency, in its size (bilinear, with antialiasing).
 * @param shape of one sample; null where the model takes any extent
 * @throws if it is damaged, or the model takes no pictures
 */
export async function readPicture(
  file: Uint8Array,
  path: string,
  shape: readonly (number | null)[],
): Promise<Tensor> {
  // one that is flattened is as good as square
  const side = Math.sqrt(shape[0] ?? Number.NaN);
  const [height, width, channels = 1] = shape.length === 1 && Number.isInteger(side) ? [side, side] : shape;
  if (shape.length > 3 || width === undefined || (channels !== 1 && channels !== 3))
    throw new Error(
      `${path} is a picture, but the model takes samples of shape (${shape.map((n) => n ?? "None").join(", ")}). Expected (height, width), or with 1 or 3 channels.`,
    );
  const { decode, convertIndexedToRgb } = await import("fast-png");
  let picture: DecodedPng;
  let pixels: ArrayLike<number>;
  try {
    picture = decode(file, { checkCrc: true });
    pixels = picture.palette ? convertIndexedToRgb(picture) : unpacked(picture);
  } catch (error) {
    throw new Error(`${path} is damaged: ${(error as Error).message}.`, { cause: error });
  }
  const count = picture.width * picture.height;
  const found = picture.palette ? pixels.length / count : picture.channels;
  const scale = picture.palette ? 1 : 255 / (2 ** picture.depth - 1);
  const values = new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    const at = i * found;
    const [red, green, blue] = found < 3 ? [0, 0, 0] : [0, 1, 2];
    const color = [pixels[at + red], pixels[at + green], pixels[at + blue]];
    // luma of ITU-R 601-2, as Pillow's convert("L")
    if (channels === 1) values[i] = scale * (0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]);
    else for (let c = 0; c < 3; c++) values[i * 3 + c] = scale * color[c];
  }
  const x = new Tensor(values, { shape: [1, picture.height, picture.width, channels], dtype: "float32" });
  const size = [height ?? picture.height, width ?? picture.width] as const;
  const resized = ops.image.resize(x, size, { antialias: true });
  return shape.length === 3
    ? resized
    : resized.reshape([1, ...(shape.length === 1 ? [size[0] * size[1]] : size)]);
}

/** One number a pixel and channel: pixels of 1, 2 or 4 bits share bytes, and each row starts with a new one. */
function unpacked({ width, height, depth, data }: DecodedPng): ArrayLike<number> {
  if (depth >= 8) return data;
  const stride = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    return (data[Math.floor(i / width) * stride + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}
