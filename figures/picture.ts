import { colour, NEGATIVE, POSITIVE } from "./palette.js";
import { element, short } from "./svg.js";

/** Numbers in rows: an image, a convolution's kernel, the weights of a unit. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}

/** Shades between nothing and the strongest value: few, so that equal neighbours are one stroke of one path. */
const SHADES = 12;

/** How a picture's numbers become colours. */
export interface PictureScale {
  /** The value of the strongest shade; larger ones look the same. Default: the largest of the picture. */
  readonly most?: number;
  /** The colours of what is above zero and of what is below. Default: ink and orange. */
  readonly positive?: string;
  readonly negative?: string;
}

/** The scale of weights: blue speaks for, orange against. */
export const WEIGHTS: PictureScale = { positive: POSITIVE, negative: NEGATIVE };

/** The largest distance from zero. Values that are no numbers count as zero. */
export function strongest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/**
 * The paths of a picture in a box of `width × height` units: one for each shade that occurs.
 * @param at where the box begins
 */
export function picturePaths(
  { width, height, values }: Picture,
  scale: PictureScale = {},
  at: { readonly x: number; readonly y: number; readonly size?: number } = { x: 0, y: 0 },
): string {
  const most = scale.most ?? strongest(values);
  const shadeAt = (i: number) => {
    const shade = Math.round((values[i] / (most || 1)) * SHADES);
    return Number.isNaN(shade) ? 0 : Math.min(SHADES, Math.max(-SHADES, shade));
  };
  const paths = new Map<number, { d: string; x: number; y: number }>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      const from = x;
      const shade = shadeAt(y * width + x);
      while (x < width && shadeAt(y * width + x) === shade) x++;
      if (shade === 0) continue;
      const path = paths.get(shade);
      const length = x - from;
      // strokes one unit thick, each begun from where the last one ended: the shortest way to write rows of cells
      if (!path) paths.set(shade, { d: `M${from} ${y + 0.5}h${length}`, x, y });
      else {
        path.d += `m${from - path.x} ${y - path.y}h${length}`;
        path.x = x;
        path.y = y;
      }
    }
  }
  const size = at.size ?? 1;
  const transform =
    at.x || at.y || size !== 1
      ? `translate(${short(at.x)} ${short(at.y)})${size === 1 ? "" : ` scale(${short(size)})`}`
      : undefined;
  const strokes = [...paths].map(([shade, { d }]) =>
    element("path", {
      d,
      stroke: shade > 0 ? (scale.positive ?? colour("text")) : (scale.negative ?? NEGATIVE),
      "stroke-opacity": Math.abs(shade) === SHADES ? undefined : Math.abs(shade) / SHADES,
    }),
  );
  return element("g", { fill: "none", "shape-rendering": "crispEdges", transform }, strokes.join(""));
}

/** The thin border that shows where a picture ends. */
export function pictureFrame(x: number, y: number, width: number, height: number): string {
  return element("rect", { x, y, width, height, fill: "none", stroke: colour("line") });
}
