import "./controls.css";
import "./digitPad.css";
import { digit } from "../../../figures/digit.js";
import { mostProbable, probabilities } from "../../../figures/probabilities.js";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { redraw } from "./frame.js";
import { Ink, SHEET } from "./ink.js";
import { mnistImage } from "./mnistImage.js";
import type { Mount } from "./widget.js";

/** What one model says about a drawing. */
export interface Reading {
  readonly model: string;
  readonly probabilities: ArrayLike<number>;
}

export interface Props {
  /** What every trained model says about 784 values from 0 to 1. */
  readonly predict: (pixels: Float32Array) => Promise<readonly Reading[]>;
  /** Told of every drawing, for instance to show its feature maps; null when it is wiped off. */
  readonly onDraw?: (pixels: Float32Array | null) => void;
}

const words = text.widgets.digitPad;
/** The pen's thickness as a share of the sheet. */
const PEN = 0.1;
/** How far an arrow key moves the pen. */
const KEY_STEP = 0.04;
/** Milliseconds without a stroke after which the reading is spoken. */
const SPEAK_AFTER = 900;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A sheet to draw a digit on with mouse, pen, finger or keys, and what the models read. */
export const digitPad: Mount<Props> = (container, first) => {
  let props = first;
  const ink = new Ink();
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", "digitPad-ink");
  path.setAttribute("stroke-width", String(PEN * SHEET));
  const cursor = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  cursor.setAttribute("class", "digitPad-cursor");
  cursor.setAttribute("r", String((PEN * SHEET) / 2));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${SHEET} ${SHEET}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(path, cursor);
  const sheet = h(
    "div",
    { class: "digitPad-sheet", tabindex: 0, role: "application", "aria-label": words.sheet },
    svg,
  );
  const status = h("p", { class: "widget-hidden", role: "status" });
  const seen = h("div", { class: "digitPad-seen" });
  const readings = h("ul", { class: "digitPad-readings" });
  const clear = h("button", { type: "button", class: "widget-button", onclick: wipe }, words.clear);
  const root = h(
    "div",
    { class: "digitPad", "data-widget": "digitPad" },
    h(
      "div",
      { class: "digitPad-draw" },
      sheet,
      h("div", { class: "digitPad-under" }, clear, h("p", { class: "widget-note" }, words.keys)),
      status,
    ),
    h(
      "div",
      { class: "digitPad-read" },
      h("figure", { class: "digitPad-figure" }, seen, h("figcaption", { class: "widget-note" }, words.seen)),
      readings,
    ),
  );
  container.append(root);

  let d = "";
  /** The end of the stroke that is being drawn, or of the pen that is moved with keys. */
  let pen: { x: number; y: number } | undefined;
  let keys = { x: 0.5, y: 0.5, down: false };
  let asking = false;
  let again = false;
  let latest: readonly Reading[] = [];
  let speech: ReturnType<typeof setTimeout> | undefined;
  let gone = false;

  const frame = redraw(root, () => {
    path.setAttribute("d", d);
    const pixels = mnistImage(ink.dots, SHEET);
    seen.innerHTML = digit(pixels, words.drawing);
    void ask(pixels);
  });

  function drawTo(x: number, y: number): void {
    const from = pen ?? { x, y };
    ink.stroke(from.x, from.y, x, y, PEN);
    const place = `${(x * SHEET).toFixed(1)} ${(y * SHEET).toFixed(1)}`;
    // a dot is a line of no length with round ends
    d += pen ? `L${place}` : `M${place}h0`;
    pen = { x, y };
    changed();
  }

  function changed(): void {
    clearTimeout(speech);
    speech = setTimeout(speak, SPEAK_AFTER);
    frame.request();
  }

  function wipe(): void {
    ink.clear();
    d = "";
    pen = undefined;
    keys = { ...keys, down: false };
    changed();
    say(status, words.cleared);
  }

  /** One question at a time; what was drawn meanwhile is asked about next. */
  async function ask(pixels: Float32Array): Promise<void> {
    props.onDraw?.(ink.empty ? null : pixels);
    if (asking) {
      again = true;
      return;
    }
    if (ink.empty) return show([]);
    asking = true;
    try {
      const answer = await props.predict(pixels);
      if (!gone) show(ink.empty ? [] : answer);
    } finally {
      asking = false;
      if (again && !gone) {
        again = false;
        frame.request();
      }
    }
  }

  function show(answer: readonly Reading[]): void {
    latest = answer;
    const message = ink.empty ? words.empty : words.noModels;
    readings.innerHTML = "";
    if (answer.length === 0) {
      readings.append(h("li", { class: "digitPad-message" }, message));
      return;
    }
    for (const { model, probabilities: values } of answer) {
      const chart = h("div", {});
      chart.innerHTML = probabilities(values, model);
      readings.append(
        h(
          "li",
          { class: "digitPad-reading" },
          h(
            "p",
            { class: "digitPad-model" },
            model,
            h("strong", { class: "digitPad-says" }, String(mostProbable(values))),
          ),
          chart,
        ),
      );
    }
  }

  function speak(): void {
    if (latest.length > 0)
      say(
        status,
        words.reading(
          latest.map(({ model, probabilities: values }) => {
            const best = mostProbable(values);
            return { model, digit: best, probability: values[best] };
          }),
        ),
      );
  }

  const placeOf = (event: PointerEvent, box: DOMRect) => ({
    x: (event.clientX - box.left) / box.width,
    y: (event.clientY - box.top) / box.height,
  });

  function onPointer(event: PointerEvent): void {
    // one finger or pen draws; a mouse with its main button
    if (!event.isPrimary || event.buttons !== 1) return;
    event.preventDefault();
    const box = sheet.getBoundingClientRect();
    if (event.type === "pointerdown") {
      sheet.setPointerCapture(event.pointerId);
      sheet.focus({ preventScroll: true });
      sheet.classList.remove("digitPad-keys");
      pen = undefined;
    }
    // between two frames a fast hand makes several points
    const points = event.getCoalescedEvents?.() ?? [];
    for (const point of points.length > 0 ? points : [event]) {
      const { x, y } = placeOf(point, box);
      drawTo(x, y);
    }
  }

  function onKey(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? 3 * KEY_STEP : KEY_STEP;
      const within = (v: number) => Math.max(0.05, Math.min(0.95, v));
      keys = { ...keys, x: within(keys.x + arrow[0] * step), y: within(keys.y + arrow[1] * step) };
      if (keys.down) drawTo(keys.x, keys.y);
    } else if (event.key === " ") {
      keys = { ...keys, down: !keys.down };
      pen = undefined;
      if (keys.down) drawTo(keys.x, keys.y);
      say(status, keys.down ? words.penDown : words.penUp);
    } else if (event.key === "Delete" || event.key === "Backspace") wipe();
    else return;
    event.preventDefault();
    sheet.classList.add("digitPad-keys");
    showCursor();
  }

  function showCursor(): void {
    cursor.setAttribute("cx", String(keys.x * SHEET));
    cursor.setAttribute("cy", String(keys.y * SHEET));
    sheet.classList.toggle("digitPad-down", keys.down);
  }

  sheet.addEventListener("pointerdown", onPointer);
  sheet.addEventListener("pointermove", onPointer);
  sheet.addEventListener("pointerup", () => {
    pen = undefined;
  });
  sheet.addEventListener("pointercancel", () => {
    pen = undefined;
  });
  sheet.addEventListener("keydown", onKey);
  showCursor();
  frame.request();

  return {
    update(next) {
      props = next;
      frame.request();
    },
    destroy() {
      gone = true;
      clearTimeout(speech);
      frame.destroy();
      root.remove();
    },
  };
};
