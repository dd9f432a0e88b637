import "./controls.css";
import "./liveCurves.css";
import { type CurveFrame, curvePoint, curves } from "../../../figures/curves.js";
import { text } from "../text/index.js";
import { h } from "./dom.js";
import { redraw } from "./frame.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly model: string;
  readonly epochs: number;
  /** Of the finished epochs, in Keras's words: `loss`, `accuracy`, `val_loss`, `val_accuracy`. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Where training stands: epochs as a fraction (2.4 is 40 % of the third), running means. Undefined at rest. */
  readonly now?: { readonly epoch: number; readonly logs: Readonly<Record<string, number>> };
}

const words = text.widgets.liveCurves;
/** Milliseconds between two drawings of the line that is under way. */
const INTERVAL = 200;

/** Loss and accuracy, drawing themselves while a model learns. */
export const liveCurves: Mount<Props> = (container, first) => {
  const charts = [new LiveChart("loss"), new LiveChart("accuracy")];
  const root = h("div", { class: "liveCurves", "data-widget": "liveCurves" });
  root.append(...charts.map(({ element }) => element));
  container.append(root);
  let props = first;
  const frame = redraw(
    root,
    () => {
      for (const chart of charts) chart.draw(props);
    },
    INTERVAL,
  );
  const take = (next: Props) => {
    props = next;
    for (const chart of charts) chart.note(next);
    frame.request();
  };
  take(first);
  return {
    update: take,
    destroy() {
      frame.destroy();
      root.remove();
    },
  };
};

/**
 * The axes and the finished epochs are drawn anew when an epoch ends or the axes no longer suffice. Meanwhile one path grows: the
 * running mean of the epoch that is under way.
 */
class LiveChart {
  readonly element = h("div", { class: "liveCurves-chart" });
  readonly #quantity: "loss" | "accuracy";
  readonly #line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  #trail: (readonly [epoch: number, value: number])[] = [];
  #frame: CurveFrame | undefined;
  /** What the axes and finished lines were drawn for. */
  #drawn = "";

  constructor(quantity: "loss" | "accuracy") {
    this.#quantity = quantity;
    this.#line.setAttribute("class", "liveCurves-line");
  }

  /** Takes in where training stands; every value counts, also those between two drawings. */
  note({ now }: Props): void {
    const value = now?.logs[this.#quantity];
    if (!now || value === undefined || !Number.isFinite(value)) {
      if (!now) this.#trail = [];
      return;
    }
    const last = this.#trail[this.#trail.length - 1];
    if (last && (now.epoch < last[0] || Math.floor(now.epoch) > Math.floor(last[0]))) this.#trail = [];
    this.#trail.push([now.epoch, value]);
    // a line on a screen needs no more points than this
    if (this.#trail.length > 400)
      this.#trail = this.#trail.filter((_, i, all) => i % 2 === 0 || i === all.length - 1);
  }

  draw(props: Props): void {
    const finished = [
      { name: words.training, values: props.history[this.#quantity] ?? [] },
      { name: words.validation, values: props.history[`val_${this.#quantity}`] ?? [] },
    ].filter(({ values }, i) => i === 0 || values.length > 0);
    const values = [...finished.flatMap((curve) => curve.values), ...this.#trail.map(([, value]) => value)];
    const key = `${props.model} ${props.epochs} ${finished.map((curve) => curve.values.length).join()}`;
    if (key !== this.#drawn || !this.#frame || values.some((value) => !this.#holds(value))) {
      this.#drawn = key;
      this.#frame = this.#frameFor(values, Math.max(1, props.epochs, finished[0].values.length));
      this.element.innerHTML = curves({
        quantity: this.#quantity,
        of: props.model,
        curves: finished,
        frame: this.#frame,
      });
      this.element.firstElementChild?.append(this.#line);
    }
    const { history } = props;
    const done = history[this.#quantity] ?? [];
    // from the last finished epoch to where the running mean begins
    const start =
      done.length > 0 && this.#trail.length > 0 ? [[done.length, done[done.length - 1]] as const] : [];
    const frame = this.#frame;
    this.#line.setAttribute(
      "d",
      [...start, ...this.#trail]
        .map(([epoch, value], i) => {
          const [x, y] = curvePoint(frame, epoch, value);
          return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
        })
        .join(""),
    );
  }

  #holds(value: number): boolean {
    const frame = this.#frame as CurveFrame;
    return !Number.isFinite(value) || (value >= frame.low && value <= frame.high);
  }

  /** Loss from 0, accuracy up to 1; with room, so that a value slightly beyond needs no new axes. */
  #frameFor(values: readonly number[], epochs: number): CurveFrame {
    const finite = values.filter(Number.isFinite);
    const axes = { first: 0, last: epochs };
    if (this.#quantity === "loss") return { ...axes, low: 0, high: 1.1 * (Math.max(0, ...finite) || 1) };
    const least = Math.max(0, Math.min(1, ...finite) - 0.02);
    return {
      ...axes,
      low: finite.length > 0 ? Math.floor(least * 50) / 50 : 0,
      high: Math.max(1, ...finite),
    };
  }
}
