import { colour } from "./palette.js";

/** Text that may stand between tags and in attributes. */
export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] as string);

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A number as short as a picture needs it. */
export const short = (value: number): string => String(Number(value.toFixed(2)));

/** An element as text; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : escape(String(value))}"`)
    .join("");
  return content ? `<${name}${written}>${content}</${name}>` : `<${name}${written}/>`;
}

/** What all figures say of themselves. Attributes, not styles: a strict content security policy lets them pass. */
export const FRAME = {
  class: "figure",
  width: "100%",
  display: "block",
  overflow: "visible",
  "font-family": "system-ui, sans-serif",
  fill: colour("text"),
} as const;

export interface SvgOptions {
  readonly width: number;
  readonly height: number;
  /** What the figure says, in words. */
  readonly label: string;
  /** Default 11. */
  readonly fontSize?: number;
}

/** A figure around its content. It takes the width that it is given; text is readable from `width` pixels on. */
export function svg({ width, height, label, fontSize = 11 }: SvgOptions, content: string): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      ...FRAME,
      role: "img",
      "aria-label": label,
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      "font-size": fontSize,
    },
    content,
  );
}
