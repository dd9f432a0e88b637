import "./controls.css";
import "./modelBuilder.css";
import { parameterDrawing } from "../../../figures/parameterDrawing.js";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import { type InspectedLayer, LayerCard } from "./layerCard.js";
import { formOf, type LayerCode, layerConfig, layerForms, snakeCase } from "./layerForms.js";
import {
  insertLayer,
  moveLayer,
  readSequential,
  removeLayer,
  replaceLayer,
  type SequentialCode,
} from "./sequentialCode.js";
import type { Mount } from "./widget.js";

export interface Inspection {
  readonly layers: readonly InspectedLayer[];
  readonly parameters: number;
}

/** Where code is shown and edited: the page's editor, or a text area. */
export interface CodeView {
  readonly element: HTMLElement;
  set(code: string): void;
}

export interface Props {
  /** The program at the start; its first `new Sequential([…])` is what the form shows. */
  readonly code: string;
  /** Shapes and parameters of layers, as Keras configs. */
  readonly inspect: (layers: readonly ReturnType<typeof layerConfig>[]) => Promise<Inspection>;
  /** Called with every change, from the form or from the code. */
  readonly onChange?: (code: string) => void;
  /** Makes the page's editor. Default: a text area. */
  readonly codeView?: (code: string, changed: (code: string) => void) => CodeView;
  /** Trains the model against the others; without it there is no button. */
  readonly onRace?: (code: string) => void;
  /** What stands below the form. */
  readonly below?: HTMLElement;
}

const words = text.widgets.modelBuilder;

/** Build a model in a form; the code beside it changes with it, and the reverse. */
export const modelBuilder: Mount<Props> = (container, first) => {
  let props = first;
  let code = first.code;
  let model: SequentialCode | undefined;
  let cards: LayerCard[] = [];
  let inspected: readonly InspectedLayer[] = [];
  /** The layer after which the next one comes. */
  let chosen = 0;
  let question = 0;
  let gone = false;

  const view = (first.codeView ?? textArea)(code, (next) => {
    code = next;
    changed();
  });
  const list = h("ol", { class: "modelBuilder-layers" });
  const problem = h("p", { class: "modelBuilder-problem" });
  const summary = h("p", { class: "modelBuilder-summary", role: "status" });
  const drawing = h("div", { class: "modelBuilder-drawing" });
  const kind = h(
    "select",
    { class: "modelBuilder-kind", "aria-label": words.kind },
    ...layerForms.map(({ className }) => h("option", { value: className }, className)),
  );
  const add = h("button", { type: "button", class: "widget-button", onclick: addLayer });
  const race = h(
    "button",
    { type: "button", class: "widget-button widget-button-main", onclick: () => props.onRace?.(code) },
    words.race,
  );
  const form = h(
    "fieldset",
    { class: "modelBuilder-form" },
    h("legend", { class: "widget-hidden" }, words.form),
    list,
    h("div", { class: "modelBuilder-add" }, kind, add),
  );
  const root = h(
    "div",
    { class: "modelBuilder", "data-widget": "modelBuilder" },
    h("div", { class: "modelBuilder-left" }, problem, form, summary, drawing, race, first.below ?? false),
    h("div", { class: "modelBuilder-code" }, view.element),
  );
  container.append(root);

  /** The form changes the code; the code is what counts. */
  function edit(next: string): void {
    code = next;
    view.set(code);
    changed();
  }

  function changed(): void {
    props.onChange?.(code);
    read();
  }

  function read(): void {
    const found = readSequential(code);
    const unreadable = "reason" in found;
    form.disabled = unreadable;
    root.classList.toggle("modelBuilder-stale", unreadable);
    say(problem, unreadable ? words.problem(found) : "");
    if (unreadable) {
      // the form keeps what it showed last, greyed
      model = undefined;
      race.disabled = true;
      question++;
      say(summary, "");
      return;
    }
    model = found;
    show(found.layers);
    void ask(found.layers);
  }

  function show(layers: readonly LayerCode[]): void {
    const same = cards.length === layers.length && cards.every((card, i) => card.fits(layers[i]));
    if (!same) {
      const focus = focusedPlace();
      cards = layers.map((layer, i) => new LayerCard(layer, i, layers.length, events));
      list.replaceChildren(...cards.map(({ element }) => element));
      restore(focus);
    } else cards.forEach((card, i) => void card.show(layers[i]));
    choose(Math.min(chosen, layers.length - 1));
  }

  const events = {
    changed(index: number, layer: LayerCode) {
      if (model) edit(replaceLayer(code, model, index, layer));
    },
    remove(index: number) {
      if (!model) return;
      edit(removeLayer(code, model, index));
      focusOn(Math.min(index, cards.length - 1), "remove");
    },
    move(index: number, by: -1 | 1) {
      if (!model) return;
      edit(moveLayer(code, model, index, index + by));
      choose(index + by);
      focusOn(index + by, by < 0 ? "up" : "down");
    },
    chosen: (index: number) => choose(index),
  };

  function addLayer(): void {
    const initial = formOf(kind.value);
    if (!model || !initial) return;
    const index = model.layers.length === 0 ? 0 : chosen + 1;
    edit(insertLayer(code, model, index, { className: kind.value, args: initial.initial }));
    choose(index);
    focusOn(index, "");
  }

  function choose(index: number): void {
    chosen = Math.max(0, index);
    for (const [i, card] of cards.entries())
      card.element.classList.toggle("modelBuilder-chosen", i === chosen);
    say(add, cards.length > 0 ? words.addAfter(chosen, cards[chosen].layer.className) : words.addFirst);
    drawParameters();
  }

  /** Why the chosen layer has as many parameters as it has. */
  function drawParameters(): void {
    const layer = inspected[chosen];
    const input = inspected[chosen - 1]?.shape;
    if (!model || !layer?.shape || !input || !layer.weights?.length) {
      drawing.replaceChildren();
      return;
    }
    const { className } = cards[chosen].layer;
    drawing.innerHTML = parameterDrawing({
      name: words.title(chosen, className),
      className,
      inputShape: input.slice(1),
      outputShape: layer.shape.slice(1),
      weights: layer.weights,
    });
  }

  /** Which control of which card has the focus, so that it keeps it when cards are made anew. */
  function focusedPlace() {
    const active = document.activeElement;
    const index = cards.findIndex(({ element }) => element.contains(active));
    return index < 0 ? undefined : { index, part: active?.getAttribute("data-part") ?? "" };
  }

  function restore(place: ReturnType<typeof focusedPlace>): void {
    if (place && place.index < cards.length) focusOn(place.index, place.part);
  }

  function focusOn(index: number, part: string): void {
    if (index < 0) add.focus();
    else cards[index]?.focus(part);
  }

  async function ask(layers: readonly LayerCode[]): Promise<void> {
    question++;
    const asked = question;
    let inspection: Inspection;
    try {
      inspection = await props.inspect(layers.map(layerConfig));
    } catch (error) {
      inspection = {
        layers: layers.map((_, i) => ({
          shape: null,
          parameters: 0,
          error: i === 0 ? String(error) : undefined,
        })),
        parameters: 0,
      };
    }
    if (gone || asked !== question) return;
    const errors = inspection.layers.flatMap(({ error }, i) => (error === undefined ? [] : [i]));
    inspected = inspection.layers;
    drawParameters();
    for (const [i, card] of cards.entries()) card.tell(inspection.layers[i], fieldAtFault(i, inspection));
    race.disabled = errors.length > 0 || layers.length === 0;
    say(summary, errors.length > 0 ? words.failed(errors[0]) : words.summary(inspection.parameters));
  }

  /** The argument that an error is about: Keras names it in backticks. */
  function fieldAtFault(index: number, { layers }: Inspection): string | undefined {
    const { error } = layers[index];
    const names = formOf(cards[index].layer.className)?.fields.map(({ name }) => name) ?? [];
    return names.find(
      (name) => error?.includes(`\`${snakeCase(name)}\``) || error?.includes(`${snakeCase(name)}=`),
    );
  }

  read();
  race.hidden = !props.onRace;
  choose(cards.length - 2);

  return {
    update(next) {
      const reset = next.code !== props.code;
      props = next;
      race.hidden = !props.onRace;
      // the student's work is not thrown away for a page that says the same again
      if (reset && next.code !== code) {
        code = next.code;
        view.set(code);
      }
      read();
    },
    destroy() {
      gone = true;
      root.remove();
    },
  };
};

function textArea(code: string, changed: (code: string) => void): CodeView {
  const area = h("textarea", {
    class: "modelBuilder-area",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-label": words.code,
  });
  const fit = () => {
    area.rows = area.value.split("\n").length + 1;
  };
  const set = (next: string) => {
    area.value = next;
    fit();
  };
  set(code);
  area.addEventListener("input", () => {
    fit();
    changed(area.value);
  });
  return { element: area, set };
}
