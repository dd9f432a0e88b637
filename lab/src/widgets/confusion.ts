import "./controls.css";
import "./confusion.css";
import { type ConfusionMatrix, confusionMatrix } from "../../../figures/confusionMatrix.js";
import { digit } from "../../../figures/digit.js";
import { text } from "../text/index.js";
import { h, roving, say } from "./dom.js";
import type { Mount } from "./widget.js";

export interface Props {
  /** The model's name. */
  readonly model: string;
  /** Rows predicted, columns true. */
  readonly matrix: ConfusionMatrix;
  /** Some of the digits in a cell; without it cells cannot be opened. */
  readonly digits?: (predicted: number, truth: number) => Promise<readonly ArrayLike<number>[]>;
}

const words = text.widgets.confusion;

/** The confusion matrix; choosing a cell shows the digits in it. */
export const confusion: Mount<Props> = (container, first) => {
  const map = h("div", { class: "confusion-map" });
  const title = h("p", { class: "confusion-title", role: "status" });
  const tiles = h("ul", { class: "widget-tiles" });
  const root = h(
    "div",
    { class: "confusion", "data-widget": "confusion" },
    map,
    h("div", { class: "confusion-digits" }, title, tiles),
  );
  container.append(root);
  let props = first;
  let chosen: { predicted: number; truth: number } | undefined;
  /** Answers that come late are not shown. */
  let question = 0;

  function draw(): void {
    map.innerHTML = confusionMatrix(props.matrix, props.model);
    const { digits } = props;
    if (!digits) return;
    // a picture becomes a group of buttons
    const svg = map.querySelector("svg") as SVGSVGElement;
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")} ${words.keys}`);
    for (const text of svg.querySelectorAll("text")) text.setAttribute("aria-hidden", "true");
    const cells = [...svg.querySelectorAll<SVGElement>("[data-true]")];
    roving(cells, props.matrix.length);
    for (const cell of cells) {
      const [predicted, truth] = [Number(cell.dataset.predicted), Number(cell.dataset.true)];
      const count = props.matrix[predicted][truth];
      cell.classList.add("confusion-cell");
      cell.setAttribute("role", "button");
      cell.setAttribute("aria-label", words.cell(truth, predicted, count));
      const open = () => void show(predicted, truth);
      cell.addEventListener("click", open);
      cell.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        open();
      });
    }
    mark();
  }

  function mark(): void {
    for (const cell of map.querySelectorAll<SVGElement>(".confusion-cell")) {
      const is =
        chosen !== undefined &&
        Number(cell.dataset.predicted) === chosen.predicted &&
        Number(cell.dataset.true) === chosen.truth;
      cell.setAttribute("aria-pressed", String(is));
    }
  }

  async function show(predicted: number, truth: number): Promise<void> {
    chosen = { predicted, truth };
    mark();
    const count = props.matrix[predicted][truth];
    question++;
    const asked = question;
    const found = count > 0 ? await props.digits?.(predicted, truth) : [];
    if (asked !== question || !found) return;
    say(title, words.title(truth, predicted, count, found.length));
    tiles.replaceChildren(
      ...found.map((pixels, i) => {
        const tile = h("li", { class: "confusion-digit" });
        tile.innerHTML = digit(pixels, words.digit(truth, i + 1));
        return tile;
      }),
    );
  }

  function update(next: Props): void {
    const same = next.matrix === props.matrix && next.model === props.model;
    props = next;
    if (same) return;
    draw();
    if (chosen) void show(chosen.predicted, chosen.truth);
  }

  draw();
  if (props.digits) say(title, words.choose);
  return {
    update,
    destroy() {
      question = -1;
      root.remove();
    },
  };
};
