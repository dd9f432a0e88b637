import type { ContextGroup, SymbolCoder } from "./symbolCoder.js";

const SIDE = 28;
const SIZE = SIDE * SIDE;

/** Neighbours in six grades: background, three greys, nearly white, white. */
const SIX = Uint8Array.from({ length: 256 }, (_, v) =>
  v === 0 ? 0 : v < 64 ? 1 : v < 128 ? 2 : v < 192 ? 3 : v < 252 ? 4 : 5,
);
/** Neighbours in four grades: background, two greys, white. */
const FOUR = Uint8Array.from({ length: 256 }, (_, v) => (v === 0 ? 0 : v < 128 ? 1 : v < 252 ? 2 : 3));

/** What a pixel can be: background, a grey, or one of the four whites that MNIST's strokes consist of. */
const CLASSES = [0, -1, 253, 254, 252, 255];
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, v) => Math.max(CLASSES.indexOf(v), v > 0 ? 1 : 0));
const GREY = 1;
for (const [symbol, value] of CLASSES.entries()) if (value >= 0) CLASS_OF[value] = symbol;

const PIXEL_CONTEXTS = 6 ** 4 * 16;
const GREY_CONTEXTS = 16 * 3 * 4;
const GREYS = PIXEL_CONTEXTS;
const BOXES = GREYS + GREY_CONTEXTS;
const LABELS = BOXES + 4;

/** The contexts of `codeDigits`, in order. */
export const CONTEXTS: readonly ContextGroup[] = [
  { contexts: PIXEL_CONTEXTS, symbols: CLASSES.length },
  { contexts: GREY_CONTEXTS, symbols: 256 },
  { contexts: 4, symbols: 32 },
  { contexts: 1, symbols: 10 },
];

/**
 * Codes or decodes labels and 28×28 images, in place: for each its label, a box around the ink, and for each pixel in the box
 * what it is, under a context made of the neighbours that are known already.
 */
export function codeDigits(coder: SymbolCoder, labels: Uint8Array, images: Uint8Array): void {
  // two rows above, two columns on either side: neighbours outside of the box are background
  const WIDTH = SIDE + 4;
  const padded = new Uint8Array((SIDE + 2) * WIDTH);
  for (let digit = 0; digit < labels.length; digit++) {
    const offset = digit * SIZE;
    labels[digit] = coder.code(LABELS, labels[digit]);
    const box = coder.decodes ? NOTHING : boxAround(images, offset);
    const top = coder.code(BOXES, box.top);
    const bottom = coder.code(BOXES + 1, box.bottom);
    const left = coder.code(BOXES + 2, box.left);
    const right = coder.code(BOXES + 3, box.right);
    padded.fill(0);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const at = (row + 2) * WIDTH + column + 2;
        const pixel = offset + row * SIDE + column;
        const w = padded[at - 1];
        const n = padded[at - WIDTH];
        const nw = padded[at - WIDTH - 1];
        const ne = padded[at - WIDTH + 1];
        const nn = padded[at - 2 * WIDTH];
        const ww = padded[at - 2];
        const context = ((((SIX[w] * 6 + SIX[n]) * 6 + SIX[nw]) * 6 + SIX[ne]) * 4 + FOUR[nn]) * 4 + FOUR[ww];
        const given = images[pixel];
        const symbol = coder.code(context, CLASS_OF[given]);
        let value = CLASSES[symbol];
        if (symbol === GREY) {
          const slope = Math.max(0, Math.min(255, w + n - nw));
          const largest = Math.max(w, n, nw, ne);
          const grade = largest >= 252 ? 2 : largest > 100 ? 1 : 0;
          value = coder.code(GREYS + ((slope >> 4) * 3 + grade) * 4 + FOUR[ne], given);
        }
        padded[at] = value;
        images[pixel] = value;
      }
    }
  }
}

const NOTHING = { top: 0, bottom: 0, left: 0, right: 0 };

/** Half-open; empty for an image without ink. */
function boxAround(images: Uint8Array, offset: number) {
  const box = { top: 0, bottom: 0, left: SIDE, right: 0 };
  const inked = (row: number) => {
    let any = false;
    for (let column = 0; column < SIDE; column++) {
      if (images[offset + row * SIDE + column] === 0) continue;
      any = true;
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
    }
    return any;
  };
  let empty = true;
  for (let row = 0; row < SIDE; row++) {
    if (!inked(row)) continue;
    if (empty) box.top = row;
    empty = false;
    box.bottom = row + 1;
  }
  if (empty) box.left = 0;
  return box;
}
