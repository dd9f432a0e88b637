import "./controls.css";
import "./featureMaps.css";
import { featureMap, type LayerMaps } from "../../../figures/featureMaps.js";
import { english } from "../../../figures/strings.js";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { redraw } from "./frame.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly model: string;
  /** What each layer makes of the digit, in order; none while there is no digit. */
  readonly layers: readonly LayerMaps[];
  /** Maps of one layer at most. Default 16. */
  readonly limit?: number;
}

const words = text.widgets.featureMaps;
/** Milliseconds between two pictures while somebody draws. */
const INTERVAL = 50;

/** The digit on its way through the layers. */
export const featureMaps: Mount<Props> = (container, first) => {
  const list = h("ol", { class: "featureMaps-layers" });
  const caption = h("p", { class: "widget-note" });
  const root = h("div", { class: "featureMaps", "data-widget": "featureMaps" }, caption, list);
  container.append(root);
  let props = first;
  let items: { readonly title: Element; readonly picture: Element; drawn?: LayerMaps }[] = [];

  const frame = redraw(
    root,
    () => {
      const { model, layers, limit } = props;
      say(caption, layers.length > 0 ? words.caption(model) : words.none(model));
      if (items.length !== layers.length) {
        items = layers.map(() => ({
          title: h("p", { class: "featureMaps-title" }),
          picture: h("div", {}),
        }));
        list.replaceChildren(...items.map(({ title, picture }) => h("li", {}, title, picture)));
      }
      for (const [i, layer] of layers.entries()) {
        const item = items[i];
        if (item.drawn === layer) continue;
        item.drawn = layer;
        say(item.title, english.layerOutput(layer.layer, layer.shape));
        item.picture.innerHTML = featureMap(layer, { limit });
      }
    },
    INTERVAL,
  );
  frame.request();
  return {
    update(next) {
      props = next;
      frame.request();
    },
    destroy() {
      frame.destroy();
      root.remove();
    },
  };
};
