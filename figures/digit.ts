import { type FigureOptions, textOf } from "./figure.js";
import { picturePaths } from "./picture.js";
import { svg } from "./svg.js";

/** The side of an MNIST image. */
export const DIGIT_SIZE = 28;

/** An image of a digit: 28×28 numbers from 0 (paper) to 255, or to 1 (ink). */
export function digit(pixels: ArrayLike<number>, name: string, options: FigureOptions = {}): string {
  const picture = { width: DIGIT_SIZE, height: DIGIT_SIZE, values: pixels };
  return svg({ ...picture, label: textOf(options).digitImage(name) }, picturePaths(picture));
}
