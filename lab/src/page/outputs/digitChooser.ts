import { digit } from "../../../../figures/digit.js";
import { text } from "../../text/index.js";
import { h, svgOf } from "../dom.js";
import type { OutputHost } from "./outputList.js";

const t = text.shell;

/** A test digit, and a field to choose another one by its number. */
export class DigitChooser {
  readonly #picture = h("div");
  readonly #number = h("input", { type: "number", min: 0, max: 9999, value: 0, "aria-label": t.digitNumber });
  readonly element = h(
    "div",
    { class: "digit-chooser" },
    this.#picture,
    h("label", {}, t.digitNumber, " ", this.#number),
  );

  /** @param chosen is given 784 values from 0 to 1 */
  constructor(pixels: Uint8Array, host: OutputHost, chosen: (pixels: Float32Array) => Promise<void>) {
    this.#show(pixels, "");
    this.#number.addEventListener("change", async () => {
      const index = Math.min(9999, Math.max(0, Math.round(this.#number.valueAsNumber || 0)));
      this.#number.value = String(index);
      try {
        const [found] = await host.digits("test", [index]);
        await chosen(Float32Array.from(found.pixels, (value) => value / 255));
        this.#show(found.pixels, String(found.label));
      } catch (error) {
        this.#picture.replaceChildren(h("p", { role: "alert" }, (error as Error).message));
      }
    });
  }

  #show(pixels: Uint8Array, label: string): void {
    this.#picture.replaceChildren(svgOf(digit(pixels, label === "" ? t.inputImage : label), "small-digit"));
  }
}
