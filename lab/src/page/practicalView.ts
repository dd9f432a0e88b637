import { practicalSteps } from "../practical/steps.js";
import { text } from "../text/index.js";
import type { App } from "./app.js";
import type { CellView } from "./cellView.js";
import { h, prose } from "./dom.js";

const t = text.shell;

/** The practical: its steps one below the other, with a list of contents. */
export function practicalView(app: App): {
  readonly element: HTMLElement;
  readonly cells: readonly CellView[];
} {
  const cells: CellView[] = [];
  const steps = practicalSteps();
  const sections = steps.map((step) =>
    h(
      "section",
      { class: "step", id: `step-${step.id}`, "aria-labelledby": `title-${step.id}` },
      h("h2", { id: `title-${step.id}`, tabindex: -1 }, step.title),
      ...step.paragraphs.map(prose),
      ...step.cells.map((source) => {
        const cell = app.makeCell(source.id, source);
        cells.push(cell);
        return cell.element;
      }),
    ),
  );
  const contents = h(
    "nav",
    { class: "contents", "aria-label": t.contents },
    h(
      "ol",
      {},
      ...steps.map(({ id, title }) =>
        h(
          "li",
          {},
          h(
            "a",
            {
              href: `#practical/${id}`,
              onclick: (event: Event) => {
                event.preventDefault();
                const section = document.getElementById(`step-${id}`);
                section?.scrollIntoView();
                document.getElementById(`title-${id}`)?.focus({ preventScroll: true });
              },
            },
            title,
          ),
        ),
      ),
    ),
  );
  return {
    element: h("div", { class: "practical" }, contents, h("div", { class: "steps" }, ...sections)),
    cells,
  };
}
