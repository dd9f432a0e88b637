import { describe } from "vitest";
import { golden } from "./golden.js";
import { type LayerCase, layerBattery } from "./layerBattery.js";

type GoldenFamily = Pick<LayerCase, never> & { readonly cases: readonly FamilyCase[] };
interface FamilyCase extends Omit<LayerCase, "output" | "output_gradient"> {
  readonly outputs: readonly LayerCase["output"][];
  readonly output_gradients: readonly LayerCase["output"][];
}

layerBattery(golden<{ readonly cases: readonly LayerCase[] }>("layers").cases);

for (const family of [
  "activations",
  "convolutional",
  "core",
  "merging",
  "normalization",
  "pooling",
  "preprocessing",
  "regularization",
  "reshaping",
]) {
  const { cases } = golden<GoldenFamily>(`layers/${family}`);
  describe(family, () => {
    layerBattery(cases.map((c) => ({ ...c, output: c.outputs[0], output_gradient: c.output_gradients[0] })));
  });
}
