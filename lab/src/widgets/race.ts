import "./controls.css";
import "./race.css";
import { curves } from "../../../figures/curves.js";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { redraw } from "./frame.js";
import type { Mount } from "./widget.js";

/** A model in the race. */
export interface Runner {
  readonly name: string;
  readonly parameters: number;
  /** After each epoch, on the digits kept for validation. */
  readonly accuracies: readonly number[];
  /** Of training so far. */
  readonly seconds: number | null;
}

export interface Props {
  readonly epochs: number;
  readonly runners: readonly Runner[];
}

const words = text.widgets.race;

/** Validation accuracies of all models over the epochs, and who leads. */
export const race: Mount<Props> = (container, first) => {
  const chart = h("div", { class: "race-chart" });
  const places = h("ol", { class: "race-places" });
  const status = h("p", { class: "widget-hidden", role: "status" });
  const root = h("div", { class: "race", "data-widget": "race" }, chart, places, status);
  container.append(root);
  let props = first;
  const frame = redraw(
    root,
    () => {
      const { runners, epochs } = props;
      const started = runners.filter(({ accuracies }) => accuracies.length > 0);
      const values = started.flatMap(({ accuracies }) => accuracies).filter(Number.isFinite);
      chart.innerHTML = curves({
        quantity: words.accuracy,
        of: words.all,
        // a runner keeps its colour, whether it has started or not
        curves: runners.map(({ name, accuracies }) => ({ name, values: accuracies })),
        frame: {
          first: 1,
          last: Math.max(2, epochs),
          low: Math.min(0.95, ...values),
          high: Math.max(0.96, ...values),
        },
      });
      const order = [...started].sort((a, b) => latest(b) - latest(a));
      places.replaceChildren(...order.map((runner) => h("li", {}, ...line(runner))));
      if (order.length > 0) say(status, words.leads(order[0].name, latest(order[0])));
    },
    200,
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

const latest = ({ accuracies }: Runner) => accuracies[accuracies.length - 1] ?? 0;

const line = (runner: Runner) => [
  h("strong", {}, runner.name),
  h("span", { class: "race-figures" }, words.standing(latest(runner), runner.parameters, runner.seconds)),
];
