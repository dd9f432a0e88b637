import code from "../practical/exercises.cells.txt?raw";
import { cellsOf, exerciseCell } from "../practical/steps.js";
import { text } from "../text/index.js";
import { exercise, type Props } from "../widgets/exercise.js";
import type { App } from "./app.js";
import { h, prose } from "./dom.js";

const t = text.shell;

/** The exercises, each with a cell of its own. */
export function exercisesView(app: App): { readonly element: HTMLElement; readonly fill: () => void } {
  const cells = cellsOf(code);
  const holder = h("div", { class: "exercises" });
  const made = text.exercises.map(({ id, title, paragraphs, hint }) => ({
    id,
    title,
    paragraphs,
    hint,
    solution: cells.get(`${id}-solution`) ?? "",
    cell: app.makeCell(exerciseCell(id), {
      label: t.exerciseLabel(title),
      code: cells.get(id) ?? "",
      translations: [],
    }),
  }));
  const fill = () => {
    if (holder.childElementCount > 0) return;
    for (const { id, cell, ...words } of made) {
      const place = h("div");
      holder.append(place);
      const props = (state: Pick<Props, "checking" | "result">): Props => ({
        ...words,
        cell: cell.element,
        onUseSolution: () => cell.code.set(words.solution, true),
        onCheck: async () => {
          widget.update(props({ checking: true, result: null }));
          const { passed, reason, values } = await app.engine.check(id);
          const sentence = text.verdicts[reason]?.(values) ?? reason;
          widget.update(props({ checking: false, result: { passed, sentences: [sentence] } }));
        },
        ...state,
      });
      const widget = exercise(place, props({ checking: false, result: null }));
    }
  };
  return {
    element: h("div", {}, h("h2", { tabindex: -1 }, t.exercisesTitle), prose(t.exercisesIntro), holder),
    fill,
  };
}
