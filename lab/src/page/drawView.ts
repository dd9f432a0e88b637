import { text } from "../text/index.js";
import { digitPad } from "../widgets/digitPad.js";
import { featureMaps } from "../widgets/featureMaps.js";
import type { App } from "./app.js";
import { h, prose } from "./dom.js";

const t = text.shell;

/** A pad to draw a digit on, what the models take it for, and its way through the layers of one of them. */
export function drawView(app: App): { readonly element: HTMLElement; readonly fill: () => void } {
  const pad = h("div");
  const choice = h("select", { id: "maps-of" });
  const maps = h("div");
  const noModels = h("p", { class: "note" }, t.noModels);
  const chooser = h("p", {}, h("label", { for: "maps-of" }, t.mapsOf, " "), choice);
  let drawing: Float32Array | null = null;
  let widget: ReturnType<typeof featureMaps> | undefined;
  let asked = 0;

  const showMaps = async () => {
    const model = choice.value;
    if (!widget || model === "") return;
    const question = ++asked;
    const layers = drawing ? await app.engine.ask({ about: "featureMaps", model, pixels: drawing }) : [];
    if (question === asked) widget.update({ model, layers });
  };
  const showModels = () => {
    const names = app.models
      .filter(({ trained, readsDigits }) => trained && readsDigits)
      .map(({ name }) => name);
    noModels.hidden = names.length > 0;
    chooser.hidden = names.length === 0;
    const chosen = names.includes(choice.value) ? choice.value : (names.at(-1) ?? "");
    choice.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    choice.value = chosen;
  };
  choice.addEventListener("change", () => void showMaps());
  app.on("models", showModels);
  showModels();
  return {
    element: h(
      "div",
      { class: "draw" },
      h("h2", { tabindex: -1 }, t.drawTitle),
      prose(t.drawIntro),
      noModels,
      pad,
      chooser,
      maps,
    ),
    fill() {
      if (widget) return;
      digitPad(pad, {
        predict: (pixels) => app.engine.ask({ about: "drawing", pixels }),
        onDraw(pixels) {
          drawing = pixels;
          void showMaps();
        },
      });
      widget = featureMaps(maps, { model: choice.value, layers: [] });
    },
  };
}
