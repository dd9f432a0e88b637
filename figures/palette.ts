/**
 * The colours of all figures, in both themes, named by what they do. Contrast and colour-blind safety are computed in
 * palette.test.ts, which also sees to it that the lab's own style sheet says the same.
 */
export const palette = {
  light: {
    surface: "#ffffff",
    /** Also the ink of digits. */
    text: "#1b1f27",
    "text-muted": "#565e6c",
    /** Borders and grids: decoration. */
    line: "#d5d9e0",
    "series-1": "#1748a8",
    "series-2": "#b9480b",
    "series-3": "#0c7f6e",
    "series-4": "#7d1a6a",
    "series-5": "#4a430f",
    "series-6": "#1b1f27",
  },
  dark: {
    surface: "#14171c",
    text: "#e7eaf0",
    "text-muted": "#a5adba",
    line: "#343a45",
    "series-1": "#779cff",
    "series-2": "#f0743a",
    "series-3": "#5fe6cc",
    "series-4": "#b98aa8",
    "series-5": "#f7cf74",
    "series-6": "#ffffff",
  },
} as const;

export type Theme = keyof typeof palette;
export type Colour = keyof (typeof palette)["light"];

/** A colour as CSS writes it: the theme decides which one that is. */
export const colour = (name: Colour): string => `var(--${name})`;

/** For categories, in this order. */
export const SERIES: readonly Colour[] = [
  "series-1",
  "series-2",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
];

/** The colour of the nth of several things. */
export const seriesColour = (index: number): string => colour(SERIES[index % SERIES.length]);

/** Diverging scale: what speaks for something, and what against it. Zero is the surface itself. */
export const POSITIVE = colour("series-1");
export const NEGATIVE = colour("series-2");

/** How strongly a cell that has a number in it may be coloured, so that the number stays readable. */
export const MOST_BEHIND_TEXT = 0.45;
