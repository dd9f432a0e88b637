import { english, type FigureText } from "./strings.js";

/** What every figure takes beside its data. */
export interface FigureOptions {
  /** The words. Default: English. */
  readonly text?: FigureText;
}

/** What a figure takes that Observable Plot draws. */
export interface ChartOptions extends FigureOptions {
  /** Where elements are made; Node has none of its own. Default: the page's. */
  readonly document?: Document;
  /** In pixels, at which text has its size; the figure itself takes the width that it is given. Default 340. */
  readonly width?: number;
}

export const textOf = ({ text }: FigureOptions): FigureText => text ?? english;
