import type { WeightShape } from "../../../figures/parameterDrawing.js";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { type Field, fieldText, fieldValue, formOf, type LayerCode, withArgument } from "./layerForms.js";
import { writeLayer } from "./sequentialCode.js";

/** What there is to say about a layer in its place. */
export interface InspectedLayer {
  /** Of its output; null if it does not get that far. */
  readonly shape: readonly (number | null)[] | null;
  readonly parameters: number;
  /** What it learns; missing where it does not get that far. */
  readonly weights?: readonly WeightShape[];
  readonly error?: string;
}

export interface CardEvents {
  changed(index: number, layer: LayerCode): void;
  remove(index: number): void;
  move(index: number, by: -1 | 1): void;
  chosen(index: number): void;
}

const words = text.widgets.modelBuilder;
let lastId = 0;

/** One layer of the form: its arguments, what comes out of it, and what is wrong with it. */
export class LayerCard {
  readonly element: HTMLLIElement;
  layer: LayerCode;
  readonly #index: number;
  readonly #events: CardEvents;
  readonly #inputs = new Map<Field, HTMLInputElement | HTMLSelectElement>();
  readonly #shape = h("span", { class: "modelBuilder-shape" });
  readonly #error: HTMLParagraphElement;
  /** What was typed and is no value; said before anything that the engine finds. */
  #mistyped: Field | undefined;

  constructor(layer: LayerCode, index: number, count: number, events: CardEvents) {
    this.layer = layer;
    this.#index = index;
    this.#events = events;
    lastId++;
    this.#error = h("p", { class: "modelBuilder-error", id: `modelBuilder-error-${lastId}` });
    const form = formOf(layer.className);
    const title = words.title(index, layer.className);
    const button = (part: string, sign: string, label: string, act: () => void, disabled = false) =>
      h(
        "button",
        {
          type: "button",
          class: "widget-button modelBuilder-button",
          "data-part": part,
          "aria-label": `${label}: ${title}`,
          title: label,
          // it keeps the focus, which a disabled button would lose
          "aria-disabled": disabled ? "true" : undefined,
          onclick: () => !disabled && act(),
        },
        sign,
      );
    const input = layer.className === "InputLayer";
    const group = h(
      "div",
      { role: "group", "aria-label": title },
      h(
        "div",
        { class: "modelBuilder-head" },
        h("strong", { class: "modelBuilder-class" }, input ? "Input" : layer.className),
        this.#shape,
        h(
          "span",
          { class: "modelBuilder-buttons" },
          button("up", "↑", words.up, () => events.move(index, -1), index === 0),
          button("down", "↓", words.down, () => events.move(index, 1), index === count - 1),
          button("remove", "×", words.remove, () => events.remove(index)),
        ),
      ),
      form
        ? form.fields.length > 0 &&
            h("div", { class: "modelBuilder-fields" }, ...form.fields.map((field) => this.#field(field)))
        : h("code", { class: "modelBuilder-raw" }, writeLayer(layer)),
      this.#error,
    );
    this.element = h("li", { class: "modelBuilder-card" }, group);
    this.element.addEventListener("focusin", () => events.chosen(index));
    this.element.addEventListener("click", () => events.chosen(index));
    this.show(layer);
  }

  /** Whether the card can show this layer without being made anew. */
  fits(layer: LayerCode): boolean {
    return layer.className === this.layer.className && formOf(layer.className) !== undefined;
  }

  show(layer: LayerCode): void {
    this.layer = layer;
    this.#mistyped = undefined;
    for (const [field, input] of this.#inputs) {
      const shown = fieldText(field, layer.args);
      // "3,3" is not rewritten under the hands of somebody who types it
      const means = (typed: string) => JSON.stringify(fieldValue(field, typed));
      if (input !== document.activeElement || means(input.value) !== means(shown)) setValue(input, shown);
    }
  }

  /** @param fault the argument that the error is about */
  tell({ shape, parameters, error }: InspectedLayer, fault: string | undefined): void {
    say(this.#shape, shape ? words.output(shape, parameters) : "");
    const mistyped = this.#mistyped;
    say(this.#error, mistyped ? words.mistyped(mistyped.name, mistyped.kind) : (error ?? ""));
    this.element.classList.toggle("modelBuilder-wrong", mistyped !== undefined || error !== undefined);
    for (const [field, input] of this.#inputs) {
      const wrong = mistyped ? field === mistyped : field.name === fault;
      if (wrong) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", this.#error.id);
      } else {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
    }
  }

  focus(part: string): void {
    const wanted = part ? this.element.querySelector<HTMLElement>(`[data-part="${part}"]`) : null;
    (wanted ?? this.element.querySelector<HTMLElement>("input, select, button"))?.focus();
  }

  #field(field: Field): HTMLElement {
    const common = { "data-part": field.name, class: "modelBuilder-input" };
    const input =
      field.kind === "choice"
        ? h(
            "select",
            common,
            ...(field.choices ?? []).map((choice) => h("option", { value: choice }, choice)),
          )
        : field.kind === "boolean"
          ? h("input", { ...common, type: "checkbox" })
          : h("input", {
              ...common,
              type: "text",
              inputmode: field.kind === "integer" ? "numeric" : "decimal",
              autocomplete: "off",
              size: field.kind === "sizes" ? 7 : 5,
            });
    this.#inputs.set(field, input);
    input.addEventListener(field.kind === "choice" || field.kind === "boolean" ? "change" : "input", () => {
      const typed =
        input instanceof HTMLInputElement && input.type === "checkbox" ? String(input.checked) : input.value;
      const value = fieldValue(field, typed);
      if (value === undefined) {
        // half-typed numbers never reach the code
        this.#mistyped = field;
        this.tell({ shape: null, parameters: 0 }, undefined);
        return;
      }
      this.#mistyped = undefined;
      this.#events.changed(this.#index, { ...this.layer, args: withArgument(this.layer.args, field, value) });
    });
    return h("label", { class: "modelBuilder-field" }, h("span", {}, field.name), input);
  }
}

function setValue(input: HTMLInputElement | HTMLSelectElement, shown: string): void {
  if (input instanceof HTMLInputElement && input.type === "checkbox") {
    input.checked = shown === "true";
    return;
  }
  // a value that the list does not have is added: the code is right about itself
  if (input instanceof HTMLSelectElement && ![...input.options].some(({ value }) => value === shown))
    input.append(h("option", { value: shown }, shown));
  input.value = shown;
}
