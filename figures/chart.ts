import * as Plot from "@observablehq/plot";
import type { ChartOptions } from "./figure.js";
import { FRAME } from "./svg.js";

/** The width for which charts are laid out: what a phone of 360 pixels leaves. */
export const CHART_WIDTH = 340;

/**
 * A chart of Observable Plot as SVG text.
 *
 * @param label what the chart says, in words
 * @param mark called with the finished chart, to mark elements for pages that react to them
 */
export function chart(
  label: string,
  plot: Plot.PlotOptions,
  { document = globalThis.document, width = CHART_WIDTH }: ChartOptions,
  mark?: (chart: Element) => void,
): string {
  const figure = Plot.plot({ ...plot, width, document, figure: false, className: "figure" }) as Element;
  // a page with a strict content security policy refuses style elements
  figure.querySelector("style")?.remove();
  mark?.(figure);
  for (const group of figure.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", label);
  figure.setAttribute("font-size", "11");
  for (const [name, value] of Object.entries(FRAME)) figure.setAttribute(name, value);
  figure.removeAttribute("height");
  return figure.outerHTML;
}
