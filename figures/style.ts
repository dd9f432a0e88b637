import { palette, type Theme } from "./palette.js";

const properties = (theme: Theme) =>
  Object.entries(palette[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

/**
 * The style sheet that a page of figures needs. The theme is the system's, or the one that `<html data-theme="light">` or
 * `"dark"` says; on paper it is always the light one.
 */
export const figureStyle = `:root{color-scheme:light;${properties("light")}}
@media(prefers-color-scheme:dark){:root{color-scheme:dark;${properties("dark")}}}
:root[data-theme=light]{color-scheme:light;${properties("light")}}
:root[data-theme=dark]{color-scheme:dark;${properties("dark")}}
@media print{:root:root:root{color-scheme:light;${properties("light")}}}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(4.6rem,1fr));gap:.6rem;margin:0;padding:0;list-style:none}`;
