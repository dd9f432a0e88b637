import "./controls.css";
import "./filters.css";
import { filters as draw, type Kernel } from "../../../figures/filters.js";
import { text } from "../text/index.js";
import { h } from "./dom.js";
import { redraw } from "./frame.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly model: string;
  /** The weights as they are now; null while there are none. */
  readonly kernel: Kernel | null;
  /** Pictures at most. Default 12. */
  readonly limit?: number;
}

const words = text.widgets.filters;
/** Milliseconds between two pictures while a model learns: often enough to see it move. */
const INTERVAL = 200;

/** A layer's weights as pictures that change while the model learns. */
export const filters: Mount<Props> = (container, first) => {
  const pictures = h("div", { class: "filters-pictures" });
  const root = h(
    "figure",
    { class: "filters", "data-widget": "filters" },
    pictures,
    h("figcaption", { class: "widget-note" }, words.caption),
  );
  container.append(root);
  let props = first;
  const frame = redraw(
    root,
    () => {
      const { kernel, limit } = props;
      const svg = kernel && draw(kernel, { limit });
      root.hidden = !svg;
      pictures.innerHTML = svg ?? "";
    },
    INTERVAL,
  );
  frame.request();
  return {
    update(next) {
      if (next.kernel === props.kernel) return;
      props = next;
      // a hidden element never comes into view
      root.hidden = false;
      frame.request();
    },
    destroy() {
      frame.destroy();
      root.remove();
    },
  };
};
