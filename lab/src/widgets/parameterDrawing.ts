import "./controls.css";
import "./parameterDrawing.css";
import { parameterDrawing as draw, type LayerParameters, sizeOf } from "../../../figures/parameterDrawing.js";
import { english } from "../../../figures/strings.js";
import { text } from "../text/index.js";
import { h, roving } from "./dom.js";
import type { Mount } from "./widget.js";

export interface Props {
  /** `"sequential"` */
  readonly model: string;
  /** In their order, without the input. */
  readonly layers: readonly LayerParameters[];
}

const words = text.widgets.parameterDrawing;

/** A model's summary; the drawing beside it explains the layer under the cursor or the focus. */
export const parameterDrawing: Mount<Props> = (container, first) => {
  const drawing = h("div", { class: "parameterDrawing-drawing" });
  const root = h("div", { class: "parameterDrawing", "data-widget": "parameterDrawing" });
  container.append(root);
  // the first that learns anything
  let chosen = Math.max(
    0,
    first.layers.findIndex((layer) => total(layer) > 0),
  );

  function build({ model, layers }: Props): void {
    chosen = Math.min(chosen, layers.length - 1);
    const rows = layers.map((layer) => {
      // what the drawing shows, for those who hear the table
      const description = english.parameterDrawing(layer);
      const name = h(
        "button",
        { type: "button", class: "parameterDrawing-layer", "aria-description": description },
        layer.name,
      );
      return h(
        "tr",
        { class: "parameterDrawing-row" },
        h(
          "th",
          { scope: "row" },
          name,
          h("span", { class: "parameterDrawing-class" }, `(${layer.className})`),
        ),
        h("td", {}, words.shape(layer.outputShape)),
        h("td", {}, words.number(total(layer))),
      );
    });
    const buttons = rows.map((row) => row.querySelector("button") as HTMLButtonElement);
    const show = (i: number) => {
      chosen = i;
      for (const [k, row] of rows.entries()) {
        row.classList.toggle("parameterDrawing-chosen", k === i);
        buttons[k].setAttribute("aria-pressed", String(k === i));
      }
      drawing.innerHTML = draw(layers[i]);
    };
    rows.forEach((row, i) => {
      row.addEventListener("pointerenter", () => show(i));
      buttons[i].addEventListener("focus", () => show(i));
      buttons[i].addEventListener("click", () => show(i));
    });
    roving(buttons);
    root.replaceChildren(
      h(
        "table",
        { class: "widget-table parameterDrawing-table" },
        h("caption", { class: "parameterDrawing-caption" }, words.caption(model)),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...[words.layer, words.output, words.parameters].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h("tbody", {}, ...rows),
        h(
          "tfoot",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "row", colspan: 2 }, words.total),
            h("td", {}, words.number(layers.reduce((sum, layer) => sum + total(layer), 0))),
          ),
        ),
      ),
      drawing,
    );
    if (layers.length > 0) show(chosen);
    else drawing.replaceChildren();
  }

  build(first);
  return { update: build, destroy: () => root.remove() };
};

const total = ({ weights }: LayerParameters) => weights.reduce((sum, weight) => sum + sizeOf(weight), 0);
