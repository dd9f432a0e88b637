import "./controls.css";
import "./mostWrong.css";
import { type Mistake, mistake } from "../../../figures/mostWrong.js";
import { text } from "../text/index.js";
import { h, roving } from "./dom.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly model: string;
  /** The surest mistake first. */
  readonly mistakes: readonly Mistake[];
  /** Called with the digit that is chosen, for instance to show its feature maps; without it none can be. */
  readonly onChoose?: (chosen: Mistake) => void;
}

const words = text.widgets.mostWrong;

/** The digits that a model gets most wrong. */
export const mostWrong: Mount<Props> = (container, first) => {
  const root = h("div", { class: "mostWrong", "data-widget": "mostWrong" });
  container.append(root);

  function update({ model, mistakes, onChoose }: Props): void {
    if (mistakes.length === 0) {
      root.replaceChildren(h("p", { class: "widget-note" }, words.none(model)));
      return;
    }
    const tiles = mistakes.map((one) => {
      const tile = onChoose
        ? h("button", { type: "button", class: "mostWrong-tile", "aria-pressed": "false" })
        : h("div", {});
      tile.innerHTML = mistake(one);
      return tile;
    });
    if (onChoose) {
      roving(tiles);
      for (const [i, tile] of tiles.entries()) {
        tile.addEventListener("click", () => {
          for (const other of tiles) other.setAttribute("aria-pressed", String(other === tile));
          onChoose(mistakes[i]);
        });
      }
    }
    root.replaceChildren(
      h("p", { class: "widget-note" }, words.explanation(model)),
      h("ul", { class: "widget-tiles" }, ...tiles.map((tile) => h("li", {}, tile))),
    );
  }

  update(first);
  return { update, destroy: () => root.remove() };
};
