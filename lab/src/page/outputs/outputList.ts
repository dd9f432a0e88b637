import type { Output, Progress, TrainingOutput } from "../../engine/outputs.js";
import type { Answers } from "../../engine/protocol.js";
import { text } from "../../text/index.js";
import { h } from "../dom.js";

const t = text.shell;

/** What figures need from the page. */
export interface OutputHost {
  digits(data: "train" | "test", indices: readonly number[]): Promise<Answers["digits"]>;
  featureMaps(model: string, pixels: Float32Array): Promise<Answers["featureMaps"]>;
  resume?(model: string): void;
  stop?(): void;
}

/** A training that is shown. */
export interface View {
  update(output: TrainingOutput): void;
  progress(progress: Progress): void;
}

/** Lines of text kept in one block, so that a loop that prints does not bury the page. */
const MOST_LINES = 2000;

/** The results below a cell, in the order in which they came. */
export class OutputList {
  readonly element: HTMLElement;
  /** What is shown, as data: to be saved. */
  #outputs: Output[] = [];
  #text: HTMLPreElement | undefined;
  #lines = 0;
  readonly #host: OutputHost;
  readonly #trainings = new Map<string, View>();
  #progress: { readonly element: HTMLElement; show(progress: Progress): void } | undefined;

  constructor(label: string, host: OutputHost) {
    this.#host = host;
    this.element = h("div", { class: "outputs", role: "group", "aria-label": label });
  }

  get outputs(): readonly Output[] {
    return this.#outputs;
  }

  clear(): void {
    this.#outputs = [];
    this.#text = undefined;
    this.#lines = 0;
    this.#trainings.clear();
    this.#progress = undefined;
    this.element.replaceChildren();
  }

  add(output: Output): void {
    if (output.kind === "training") {
      this.#outputs = this.#outputs.filter((one) => one.kind !== "training" || one.model !== output.model);
      this.#outputs.push(output);
      void this.#training(output);
      return;
    }
    if (output.kind === "text") {
      this.#addText(output);
      return;
    }
    this.#outputs.push(output);
    this.#text = undefined;
    // the place is taken at once, the drawing comes when its code is there
    const holder = h("div", { class: `output output-${output.kind}` });
    this.element.append(holder);
    void import("./figures.js").then(({ draw }) => draw(holder, output, this.#host));
  }

  showError(message: string): void {
    this.#text = undefined;
    this.element.append(h("p", { class: "output-error", role: "alert" }, message));
  }

  showProgress(progress: Progress): void {
    if (progress.phase === "fit" || progress.phase === "validate") {
      this.#trainings.get(progress.model)?.progress(progress);
      return;
    }
    this.#progress ??= this.#addProgress();
    this.#progress.show(progress);
  }

  /** A bar for evaluate and predict, which is gone when they are. */
  #addProgress() {
    this.#text = undefined;
    const element = h("div", { class: "output output-progress" });
    this.element.append(element);
    let latest: Progress | undefined;
    let widget: { update(props: Progress & { readonly state: "running" }): void } | undefined;
    const show = (progress: Progress) => {
      latest = progress;
      if (progress.finished) {
        element.remove();
        this.#progress = undefined;
      } else widget?.update({ ...progress, state: "running" });
    };
    void import("../../widgets/progress.js").then(({ progress }) => {
      if (latest && !latest.finished) widget = progress(element, { ...latest, state: "running" });
    });
    return { element, show };
  }

  /** Whatever still shows progress does so no longer. */
  finishProgress(): void {
    this.#progress?.element.remove();
    this.#progress = undefined;
  }

  #addText(output: Output & { readonly kind: "text" }): void {
    const before = this.#outputs.at(-1);
    this.#lines += output.text.split("\n").length;
    if (this.#lines > MOST_LINES) return;
    if (this.#text && before?.kind === "text" && before.level === output.level) {
      this.#outputs[this.#outputs.length - 1] = { ...before, text: `${before.text}\n${output.text}` };
      this.#text.append(`\n${output.text}`);
      return;
    }
    this.#outputs.push(output);
    this.#text = h(
      "pre",
      {
        class: `output output-text level-${output.level}`,
        tabindex: 0,
        role: "group",
        "aria-label": t.text,
      },
      output.text,
    );
    this.element.append(this.#text);
  }

  async #training(output: TrainingOutput): Promise<void> {
    const known = this.#trainings.get(output.model);
    if (known) {
      known.update(output);
      return;
    }
    this.#text = undefined;
    const holder = h("div", { class: "output output-training" });
    this.element.append(holder);
    // progress that comes before the drawing's code waits for it
    let latest = output;
    let progress: Progress | undefined;
    this.#trainings.set(output.model, {
      update: (newer) => {
        latest = newer;
      },
      progress: (newer) => {
        progress = newer;
      },
    });
    const { trainingView } = await import("./training.js");
    const view = trainingView(holder, latest, this.#host);
    if (progress) view.progress(progress);
    this.#trainings.set(output.model, view);
  }
}
