import type { Output, Progress } from "../engine/outputs.js";
import type { Ending } from "../engine/protocol.js";
import type { CellSource } from "../practical/steps.js";
import { text } from "../text/index.js";
import { CodeField } from "./codeField.js";
import { h, prose } from "./dom.js";
import { type OutputHost, OutputList } from "./outputs/outputList.js";

const t = text.shell;

export type CellStatus = "idle" | "queued" | "running";

/** What a cell needs from the page around it. */
export interface CellHost {
  run(cell: CellView): void;
  changed(cell: CellView): void;
  resume(cell: CellView, model: string): void;
  /** Digits for a figure, from the engine. */
  readonly questions: OutputHost;
}

/** A cell: what is said about it, its code, its results. */
export class CellView {
  readonly element: HTMLElement;
  readonly code: CodeField;
  readonly outputs: OutputList;
  readonly #status = h("p", { class: "cell-status", role: "status" });
  readonly #runButton: HTMLButtonElement;
  readonly #restore: HTMLButtonElement;
  readonly #original: string;
  ending: Ending | undefined;

  constructor(
    readonly id: string,
    source: Pick<CellSource, "label" | "before" | "code" | "translations">,
    readonly host: CellHost,
    /** Called with every change of the code, by whomever. */
    edited: (code: string) => void = () => {},
  ) {
    const { label, before, code, translations } = source;
    this.#original = code;
    this.code = new CodeField(id, code, t.editor(label), {
      changed: () => {
        this.#showChanged();
        host.changed(this);
        edited(this.code.value);
      },
      run: () => host.run(this),
    });
    this.outputs = new OutputList(t.results(label), {
      ...host.questions,
      resume: (model) => host.resume(this, model),
    });
    this.#runButton = h(
      "button",
      {
        type: "button",
        class: "run",
        "aria-label": t.runLabel(label),
        title: "Shift + Enter",
        onclick: () => host.run(this),
      },
      t.run,
    );
    this.#restore = h(
      "button",
      {
        type: "button",
        class: "quiet",
        hidden: true,
        "aria-label": t.restoreLabel(label),
        onclick: () => this.code.set(code, true),
      },
      t.restore,
    );
    this.element = h(
      "section",
      { class: "cell", id: `cell-${id}`, "aria-label": label },
      before !== undefined && prose(before),
      h("div", { class: "cell-code" }, this.code.element),
      h("div", { class: "cell-bar" }, this.#runButton, this.#status, this.#restore),
      translations.length > 0 &&
        h(
          "div",
          { class: "cell-languages" },
          ...translations.map(({ language, code: translated }) =>
            h(
              "details",
              {},
              h("summary", {}, t.sameIn(language)),
              h(
                "pre",
                { tabindex: 0, role: "group", "aria-label": `${label}: ${language}` },
                h("code", {}, translated),
              ),
            ),
          ),
        ),
      this.outputs.element,
    );
  }

  get changed(): boolean {
    return this.code.value !== this.#original;
  }

  get original(): string {
    return this.#original;
  }

  setStatus(status: CellStatus): void {
    this.element.dataset.status = status;
    if (status === "queued") this.#status.textContent = t.queued;
    if (status === "running") {
      this.ending = undefined;
      this.code.showError(undefined);
      this.outputs.clear();
      this.#status.textContent = t.running;
    }
  }

  /** The cell goes on with what it did: results stay. */
  setResuming(): void {
    this.element.dataset.status = "running";
    this.#status.textContent = t.running;
  }

  end(ending: Ending): void {
    this.ending = ending;
    this.element.dataset.status = "idle";
    this.outputs.finishProgress();
    this.showEnding(ending);
  }

  showEnding(ending: Ending): void {
    if (ending.ok) {
      this.#status.textContent = ending.stopped ? t.stopped : t.finished(ending.milliseconds);
      return;
    }
    const { line, message } = ending.error;
    this.#status.textContent = t.failed;
    this.code.showError(ending.error);
    this.outputs.showError(line === undefined ? message : `${t.errorAt(line)}: ${message}`);
  }

  /** Not run after all. */
  setIdle(note = ""): void {
    this.element.dataset.status = "idle";
    this.#status.textContent = note;
  }

  add(output: Output): void {
    this.outputs.add(output);
  }

  showProgress(progress: Progress): void {
    this.outputs.showProgress(progress);
  }

  /** Shows what was saved: code and results, without running anything. */
  restore(code: string | undefined, outputs: readonly Output[], ending: Ending | undefined): void {
    if (code !== undefined && code !== this.code.value) this.code.set(code, false);
    this.#showChanged();
    if (!ending && outputs.length === 0) return;
    this.ending = ending;
    this.outputs.clear();
    for (const output of outputs) this.outputs.add(output);
    if (ending) this.showEnding(ending);
  }

  #showChanged(): void {
    this.#restore.hidden = !this.changed;
  }
}
