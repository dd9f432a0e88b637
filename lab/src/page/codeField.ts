import type { CellError } from "../engine/protocol.js";
import { h } from "./dom.js";

export interface CodeEvents {
  changed(): void;
  run(): void;
}

/** What an editor offers once it is there. */
export interface Editor {
  value: string;
  readonly element: HTMLElement;
  readonly hasFocus: boolean;
  focus(): void;
  showError(error: CellError | undefined): void;
}

/** Makes an editor for a field; set once the editor's code is loaded. */
type MakeEditor = (id: string, value: string, label: string, events: CodeEvents) => Editor;

let makeEditor: Promise<MakeEditor> | undefined;

/**
 * Loads the editor; from now on fields that come into view get one.
 * @param documents all cells, document by document: what the editor knows types from
 * @param calm when it may look for problems: that takes a processor for seconds
 */
export function loadEditor(documents: readonly (readonly string[])[], calm: Promise<void>): void {
  makeEditor ??= import("../editor/editor.js").then((module) => {
    const codes = new Map(Array.from(fields, (field) => [field.id, field.value]));
    module.setDocuments(documents, codes, calm);
    return module.makeEditor;
  });
  for (const field of fields) field.watch();
}

const fields = new Set<CodeField>();
const visible = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) for (const field of fields) if (field.element === target) void field.upgrade();
  },
  { rootMargin: "300px" },
);

/** Code that can be edited: a plain text area at first, an editor as soon as one is there. */
export class CodeField {
  readonly element: HTMLElement;
  readonly id: string;
  readonly #label: string;
  readonly #events: CodeEvents;
  readonly #area: HTMLTextAreaElement;
  #editor: Editor | undefined;
  #error: CellError | undefined;

  constructor(id: string, value: string, label: string, events: CodeEvents) {
    this.id = id;
    this.#label = label;
    this.#events = events;
    this.#area = h("textarea", {
      class: "code-area",
      spellcheck: "false",
      autocapitalize: "off",
      "aria-label": label,
    });
    this.#area.value = value;
    this.#fit();
    this.#area.addEventListener("input", () => {
      this.#fit();
      events.changed();
    });
    this.#area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      events.run();
    });
    this.element = h("div", { class: "code-field" }, this.#area);
    fields.add(this);
    if (makeEditor) this.watch();
  }

  get value(): string {
    return this.#editor?.value ?? this.#area.value;
  }

  /** @param byUser whether this counts as an edit */
  set(value: string, byUser: boolean): void {
    if (this.#editor) this.#editor.value = value;
    else {
      this.#area.value = value;
      this.#fit();
    }
    if (byUser) this.#events.changed();
  }

  get hasFocus(): boolean {
    return this.#editor?.hasFocus ?? document.activeElement === this.#area;
  }

  showError(error: CellError | undefined): void {
    this.#error = error;
    this.#area.setAttribute("aria-invalid", String(error !== undefined));
    this.#editor?.showError(error);
  }

  /** Becomes an editor when it comes into view. */
  watch(): void {
    visible.observe(this.element);
  }

  async upgrade(): Promise<void> {
    visible.unobserve(this.element);
    const make = await makeEditor;
    // nobody's typing is interrupted: then the next time it comes into view will do
    if (!make || this.#editor || !this.element.isConnected) return;
    if (document.activeElement === this.#area) {
      this.#area.addEventListener("blur", () => void this.upgrade(), { once: true });
      return;
    }
    this.#editor = make(this.id, this.#area.value, this.#label, this.#events);
    this.#area.replaceWith(this.#editor.element);
    if (this.#error) this.#editor.showError(this.#error);
  }

  destroy(): void {
    visible.unobserve(this.element);
    fields.delete(this);
  }

  #fit(): void {
    this.#area.rows = this.#area.value.split("\n").length;
  }
}
