import fc from "fast-check";
import { datasets } from "keratin";
import { describe, expect, it } from "vitest";
import { Ink, SHEET } from "./ink.js";
import { mnistImage } from "./mnistImage.js";

const at = (image: ArrayLike<number>, row: number, column: number) => image[row * 28 + column];

/** The sides of the box with all ink in it. */
function extents(image: ArrayLike<number>) {
  const inked = Array.from({ length: 784 }, (_, i) => i).filter((i) => image[i] > 0);
  const size = (places: readonly number[]) => Math.max(...places) - Math.min(...places) + 1;
  return { rows: size(inked.map((i) => Math.floor(i / 28))), columns: size(inked.map((i) => i % 28)) };
}

function centre(image: ArrayLike<number>) {
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < 784; i++) {
    mass += image[i];
    x += image[i] * ((i % 28) + 0.5);
    y += image[i] * (Math.floor(i / 28) + 0.5);
  }
  return { x: x / mass, y: y / mass };
}

const place = fc.double({ min: 0, max: 1, noNaN: true });
/** A line without a gap: where it reaches over an edge, the edge has ink. */
const places = fc.array(fc.tuple(place, place), { minLength: 2, maxLength: 6 });

describe("a drawing as MNIST would have it", () => {
  it("fills a box of 20 pixels, has its centre of mass in the middle, and greys from 0 to 1", () => {
    fc.assert(
      fc.property(places, (line) => {
        const ink = new Ink();
        for (let i = 1; i < line.length; i++) ink.stroke(...line[i - 1], ...line[i], 0.1);
        const image = mnistImage(ink.dots, SHEET);
        const { rows, columns } = extents(image);
        expect(Math.max(rows, columns)).toBeLessThanOrEqual(20);
        // with its mass far from its middle, a drawing reaches over the edge of the image
        const border = image.some(
          (value, i) => value > 0 && (i < 28 || i >= 756 || i % 28 === 0 || i % 28 === 27),
        );
        if (!border) {
          expect(Math.max(rows, columns)).toBe(20);
          const { x, y } = centre(image);
          for (const v of [x, y]) {
            expect(v).toBeGreaterThan(14 - 1e-4);
            expect(v).toBeLessThan(15 + 1e-4);
          }
        }
        for (const value of image) expect(value >= 0 && value <= 1 + 1e-6).toBe(true);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it("does not depend on where on the sheet, nor on how large it is drawn", () => {
    const draw = (x: number, y: number, size: number) => {
      const ink = new Ink();
      ink.stroke(x, y, x + size, y, size / 5);
      ink.stroke(x + size, y, x + size / 3, y + size * 1.5, size / 5);
      return mnistImage(ink.dots, SHEET);
    };
    expect(draw(0.1, 0.1, 0.3)).toEqual(draw(0.4, 0.4, 0.3));
    const [small, large] = [draw(0.1, 0.1, 0.25), draw(0.1, 0.1, 0.5)];
    for (let i = 0; i < 784; i++) expect(Math.abs(small[i] - large[i])).toBeLessThan(0.35);
  });

  it("keeps its proportions: a line stays a line", () => {
    const ink = new Ink();
    ink.stroke(0.5, 0.2, 0.5, 0.8, 0.09);
    const { rows, columns } = extents(mnistImage(ink.dots, SHEET));
    expect(rows).toBe(20);
    // 0.09 of 0.69, of 20 pixels
    expect(columns).toBe(3);
  });

  it("has grey edges: the share of each pixel that is ink", () => {
    // 4 × 20 pixels, of which each dot is a quarter in width: the right column is half ink
    const dots = new Uint8Array(100 * 100);
    for (let y = 0; y < 80; y++) for (let x = 0; x < (y < 4 ? 16 : 14); x++) dots[y * 100 + x] = 1;
    const image = mnistImage(dots, 100);
    const row = Array.from({ length: 28 }, (_, column) => at(image, 14, column)).filter(Boolean);
    expect(row).toEqual([1, 1, 1, 0.5]);
  });

  it("of nothing is empty, of a dot is a dot", () => {
    const ink = new Ink();
    expect(mnistImage(ink.dots, SHEET).every((value) => value === 0)).toBe(true);
    ink.stroke(0.1, 0.9, 0.1, 0.9, 0.1);
    expect(extents(mnistImage(ink.dots, SHEET))).toEqual({ rows: 20, columns: 20 });
    ink.clear();
    expect(ink.empty && ink.dots.every((dot) => dot === 0)).toBe(true);
  });

  it("gives the digits of MNIST back", async () => {
    const { test } = await datasets.mnist.loadData();
    const scale = 7;
    const alike: number[] = [];
    const inPlace: boolean[] = [];
    for (let n = 0; n < 50; n++) {
      const pixels = test.x.at(n).data;
      const side = 28 * scale;
      // enlarged smoothly and cut at half ink: what the scan may have looked like
      const dots = new Uint8Array(side * side);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const [u, v] = [(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5];
          const [i, j] = [Math.floor(v), Math.floor(u)];
          const value = (row: number, column: number) =>
            row < 0 || column < 0 || row > 27 || column > 27 ? 0 : pixels[row * 28 + column];
          const [p, q] = [v - i, u - j];
          const grey =
            (1 - p) * ((1 - q) * value(i, j) + q * value(i, j + 1)) +
            p * ((1 - q) * value(i + 1, j) + q * value(i + 1, j + 1));
          if (grey > 127) dots[y * side + x] = 1;
        }
      }
      const again = mnistImage(dots, side);
      const shifted = [0, 1, -1].flatMap((down) =>
        [0, 1, -1].map((right) =>
          correlation(
            again,
            Float32Array.from(pixels, (_, k) => pixels[k + right + 28 * down] ?? 0),
          ),
        ),
      );
      // where the scan's centre of mass was near the edge of a pixel, the threshold may move it into the next one
      alike.push(Math.max(...shifted));
      inPlace.push(shifted[0] === Math.max(...shifted));
    }
    alike.sort((a, b) => a - b);
    expect(alike[0]).toBeGreaterThan(0.8);
    expect(alike[25]).toBeGreaterThan(0.98);
    // were the rule another one, most would be shifted
    expect(inPlace.filter(Boolean).length).toBeGreaterThan(25);
  });
});

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (v: ArrayLike<number>) => Array.from(v).reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
