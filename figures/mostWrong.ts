import { DIGIT_SIZE } from "./digit.js";
import { type FigureOptions, textOf } from "./figure.js";
import { pictureFrame, picturePaths } from "./picture.js";
import { element, escape, svg } from "./svg.js";

/** A digit that a model reads wrong. */
export interface Mistake {
  readonly pixels: ArrayLike<number>;
  readonly truth: number;
  readonly predicted: number;
  /** How sure the model is of what it says. */
  readonly probability: number;
}

const SCALE = 2;
const SIDE = DIGIT_SIZE * SCALE;

/** One misread digit with what it is and what it is taken for. */
export function mistake(
  { pixels, truth, predicted, probability }: Mistake,
  options: FigureOptions = {},
): string {
  const text = textOf(options);
  const line = (y: number, content: string) =>
    element("text", { x: SIDE / 2 + 1, y, "text-anchor": "middle" }, escape(content));
  const picture = { width: DIGIT_SIZE, height: DIGIT_SIZE, values: pixels };
  return svg(
    { width: SIDE + 2, height: SIDE + 32, label: text.mistake(truth, predicted, probability) },
    picturePaths(picture, {}, { x: 1, y: 1, size: SCALE }) +
      pictureFrame(0.5, 0.5, SIDE + 1, SIDE + 1) +
      line(SIDE + 15, text.readAs(truth, predicted)) +
      line(SIDE + 29, text.percent(probability)),
  );
}

/** A list of misread digits, as HTML that fills its width. */
export function mostWrong(mistakes: readonly Mistake[], options: FigureOptions = {}): string {
  const items = mistakes.map((one) => `<li>${mistake(one, options)}</li>`);
  return `<ul class="tiles">${items.join("")}</ul>`;
}
