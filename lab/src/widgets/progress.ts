import "./controls.css";
import "./progress.css";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { redraw } from "./frame.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly model: string;
  readonly phase: "fit" | "validate" | "evaluate" | "predict";
  /** Counted from 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Finished steps of this epoch. */
  readonly step: number;
  readonly steps: number;
  readonly microsecondsPerStep: number;
  readonly secondsLeft: number;
  readonly threads: number;
  /** Running means of loss and metrics. */
  readonly logs: Readonly<Record<string, number>>;
  readonly state: "running" | "stopped" | "finished";
  readonly onStop?: () => void;
  readonly onResume?: () => void;
}

const words = text.widgets.progress;
/** Milliseconds between two drawings: numbers that change faster cannot be read. */
const INTERVAL = 200;

/** How far training is, what it has reached, and how long it takes. */
export const progress: Mount<Props> = (container, first) => {
  const bar = h("progress", { class: "progress-bar", max: 1 });
  const title = h("p", { class: "progress-title" });
  const figures = h("dl", { class: "progress-figures" });
  const stop = h(
    "button",
    { type: "button", class: "widget-button", onclick: () => props.onStop?.() },
    words.stop,
  );
  const resume = h(
    "button",
    { type: "button", class: "widget-button", onclick: () => props.onResume?.() },
    words.resume,
  );
  const status = h("p", { class: "widget-hidden", role: "status" });
  const root = h(
    "div",
    { class: "progress", "data-widget": "progress", role: "group" },
    h("div", { class: "progress-head" }, title, stop, resume),
    bar,
    figures,
    status,
  );
  container.append(root);
  let props = first;
  const cells = new Map<string, { readonly term: Element; readonly value: Element }>();

  const frame = redraw(
    root,
    () => {
      const { state, phase, epoch, epochs, step, steps } = props;
      root.setAttribute("aria-label", words.label(props.model));
      say(title, words.title(props));
      const share = steps > 0 ? step / steps : 0;
      const done = state === "finished" ? 1 : phase === "fit" ? (epoch + share) / Math.max(1, epochs) : share;
      bar.value = Math.min(1, done);
      bar.setAttribute("aria-label", words.title(props));
      bar.textContent = words.percent(done);
      show(words.figures(props));
      stop.hidden = state !== "running" || !props.onStop;
      resume.hidden = state !== "stopped" || !props.onResume;
      // an epoch at a time: a screen reader that counted steps would never fall silent
      const sentence = words.spoken(props);
      if (sentence) say(status, sentence);
    },
    INTERVAL,
  );

  /** Writes into the cells that are there: nothing moves but the numbers. */
  function show(list: readonly (readonly [term: string, value: string])[]): void {
    for (const [term, value] of list) {
      let cell = cells.get(term);
      if (!cell) {
        cell = { term: h("dt", {}, term), value: h("dd", {}) };
        cells.set(term, cell);
        figures.append(h("div", { class: "progress-figure" }, cell.term as Node, cell.value as Node));
      }
      say(cell.value, value);
    }
    for (const [term, cell] of cells) {
      if (list.some(([name]) => name === term)) continue;
      cell.term.parentElement?.remove();
      cells.delete(term);
    }
  }

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
