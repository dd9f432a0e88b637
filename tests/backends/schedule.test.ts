import { Input, layers, Sequential } from "keratin";
import { describe, expect, it } from "vitest";

const step = async (...list: layers.Layer[]) => {
  const model = new Sequential([Input([12, 12, 1]), ...list, new layers.Flatten(), new layers.Dense(10)]);
  model.compile({ optimizer: "adam", loss: "mean_squared_error" });
  return model.explain({ batchSize: 32 });
};

describe("the phases of a training step", () => {
  it("are two for a small network: samples are shared out from the images to the gradients, then weights", async () => {
    const { phases, ownBytes } = await step(
      new layers.Conv2D(6, 3, { activation: "relu" }),
      new layers.MaxPooling2D(),
      new layers.Flatten(),
      new layers.Dense(16, { activation: "relu" }),
    );
    expect(phases).toHaveLength(2);
    const kernel = (name: string) =>
      phases.flatMap(({ kernels }, phase) =>
        kernels.filter((k) => k.name === name).map(({ split }) => ({ phase, split })),
      );
    expect(kernel("conv_kernel_gradient_of_winners")).toEqual([{ phase: 0, split: "axis 0 of 8 in 1s" }]);
    // weights that are turned around for the way back
    const own = kernel("map").filter(({ split }) => split === "all of it on each thread");
    expect(own.length).toBeGreaterThan(0);
    expect(ownBytes).toBeGreaterThan(0);
    expect(ownBytes % 64).toBe(0);
  });

  it("have no large sum on one thread where statistics are over the batch", async () => {
    const { phases } = await step(
      new layers.Conv2D(8, 3),
      new layers.BatchNormalization(),
      new layers.ReLU(),
    );
    const reduced = phases.flatMap(({ kernels }) => kernels).filter(({ name }) => name === "reduce_sum");
    expect(reduced.length).toBeGreaterThan(0);
    for (const { split, flops, description } of reduced)
      if (!split?.startsWith("axis")) expect(flops, description).toBeLessThan(10_000);
  });
});
