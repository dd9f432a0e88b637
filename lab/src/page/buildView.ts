import code from "../practical/build.cells.txt?raw";
import { BUILD_CELL, cellsOf } from "../practical/steps.js";
import { text } from "../text/index.js";
import { modelBuilder } from "../widgets/modelBuilder.js";
import { race } from "../widgets/race.js";
import type { App } from "./app.js";
import { h, prose } from "./dom.js";

const t = text.shell;

/** A model built in a form or in its code, and its race against the models that were trained before. */
export function buildView(app: App): { readonly element: HTMLElement; readonly fill: () => void } {
  const builder = h("div");
  const track = h("div");
  let changed = (_code: string) => {};
  let setting = false;
  const cell = app.makeCell(
    BUILD_CELL,
    { label: t.buildLabel, code: cellsOf(code).get(BUILD_CELL) ?? "", translations: [] },
    (next) => {
      if (!setting) changed(next);
    },
  );
  const runners = () => {
    const courses = [...app.courses.values()].filter(({ accuracies }) => accuracies.length > 0);
    return { epochs: Math.max(2, ...courses.map(({ epochs }) => epochs)), runners: courses };
  };
  let filled = false;
  return {
    element: h(
      "div",
      { class: "build" },
      h("h2", { tabindex: -1 }, t.buildTitle),
      prose(t.buildIntro),
      builder,
    ),
    fill() {
      if (filled) return;
      filled = true;
      modelBuilder(builder, {
        code: cell.code.value,
        inspect: (layers) => app.engine.ask({ about: "layers", layers }),
        codeView(_, onChange) {
          changed = onChange;
          return {
            element: cell.element,
            set(next) {
              // what the form has changed comes back as an edit
              setting = true;
              cell.code.set(next, true);
              setting = false;
            },
          };
        },
        onRace: () => void app.run(cell),
        below: h("div", { class: "build-race" }, h("h3", {}, t.raceTitle), track),
      });
      const widget = race(track, runners());
      app.on("courses", () => widget.update(runners()));
    },
  };
}
