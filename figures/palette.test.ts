import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Colour, MOST_BEHIND_TEXT, palette, SERIES, type Theme } from "./palette.js";
import { figureStyle } from "./style.js";

type Rgb = readonly [number, number, number];

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const parse = (hex: string): Rgb =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as unknown as Rgb;
const mix = (over: Rgb, under: Rgb, opacity: number): Rgb =>
  over.map((c, i) => opacity * c + (1 - opacity) * under[i]) as unknown as Rgb;

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: Rgb, b: Rgb): number {
  const luminance = (rgb: Rgb) => {
    const [r, g, b] = rgb.map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira, Fernandes (2009), severity 1, on linear light. */
const VISIONS: Readonly<Record<string, readonly number[]>> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/** Oklab, in which distances are about what the eye sees. https://bottosson.github.io/posts/oklab/ */
function seen(rgb: Rgb, vision: readonly number[]): Rgb {
  const light = rgb.map(linear);
  const [r, g, b] = [0, 1, 2].map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        vision[3 * row] * light[0] + vision[3 * row + 1] * light[1] + vision[3 * row + 2] * light[2],
      ),
    ),
  );
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

describe.each(["light", "dark"] as const)("the %s theme", (theme: Theme) => {
  const rgb = (name: Colour) => parse(palette[theme][name]);
  const surface = rgb("surface");

  it("has text and lines that WCAG AA calls readable: 4.5 to 1, as series name themselves in their colour", () => {
    for (const name of ["text", "text-muted", ...SERIES] as const)
      expect(contrast(rgb(name), surface), name).toBeGreaterThanOrEqual(4.5);
  });

  it("keeps numbers readable on every cell of a heat map", () => {
    for (const name of ["series-1", "series-2"] as const)
      expect(contrast(rgb("text"), mix(rgb(name), surface, MOST_BEHIND_TEXT)), name).toBeGreaterThanOrEqual(
        4.5,
      );
  });

  it.each(Object.entries(VISIONS))("has series that differ for %s", (_, vision) => {
    for (const [i, a] of SERIES.entries()) {
      for (const b of SERIES.slice(i + 1)) {
        const [x, y] = [seen(rgb(a), vision), seen(rgb(b), vision)];
        // about five times the difference that is just noticed (0.02)
        expect(Math.hypot(...x.map((v, k) => v - y[k])), `${a} and ${b}`).toBeGreaterThan(0.09);
      }
    }
  });
});

it("gives both themes the same names, all of which the style sheet sets", () => {
  expect(Object.keys(palette.dark)).toEqual(Object.keys(palette.light));
  for (const [name, value] of Object.entries(palette.dark))
    expect(figureStyle).toContain(`--${name}:${value}`);
});

it("is what the lab's style sheet says too", () => {
  const css = readFileSync(new URL("../lab/src/style/tokens.css", import.meta.url), "utf8");
  for (const [name, light] of Object.entries(palette.light)) {
    const values = new Set(
      [...css.matchAll(new RegExp(`--${name}: (#\\w+);`, "g"))].map(([, value]) => value),
    );
    expect([...values], name).toEqual([light, palette.dark[name as Colour]]);
  }
});
