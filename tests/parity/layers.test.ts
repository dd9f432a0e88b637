import { describe } from "vitest";
import { type GoldenArray, golden } from "./golden.js";
import { type LayerCase, layerBattery } from "./layerBattery.js";

/** The first golden file has one output for each case. */
interface SingleOutput extends Omit<LayerCase, "outputs" | "output_gradients"> {
  readonly output: GoldenArray;
  readonly output_gradient: GoldenArray;
}

layerBattery(
  golden<{ readonly cases: readonly SingleOutput[] }>("layers").cases.map((c) => ({
    ...c,
    outputs: [c.output],
    output_gradients: [c.output_gradient],
  })),
);

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
  describe(family, () => {
    layerBattery(golden<{ readonly cases: readonly LayerCase[] }>(`layers/${family}`).cases);
  });
}
