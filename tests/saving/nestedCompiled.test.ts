import { fileURLToPath } from "node:url";
import { Input, layers, Model, models, Sequential, saving, tensor } from "keratin";
import { describe, expect, it } from "vitest";
import { golden } from "../parity/golden.js";

const file = golden<{
  readonly x: number[];
  readonly y: number[];
  readonly loaded_with_compile: Record<
    "true" | "false",
    {
      readonly outer: boolean;
      readonly inner: boolean;
      readonly iterations: number;
      readonly history: Record<string, number[]>;
    }
  >;
  readonly compiled_again: { readonly from_json: boolean; readonly clone: boolean };
}>("nested");
const path = fileURLToPath(new URL("../golden/nested.keras", import.meta.url));
const x = tensor(file.x, [8, 3]);
const y = tensor(file.y, [8, 2]);

describe("a compiled model inside of a model", () => {
  it.each([true, false])("goes on training after loading as in Keras, compile: %s", async (compile) => {
    const expected = file.loaded_with_compile[compile ? "true" : "false"];
    const outer = await models.loadModel(path, { compile });
    const base = outer.getLayer("base") as Model;
    expect([outer.compiled, base.compiled]).toEqual([expected.outer, expected.inner]);
    expect(base.optimizer?.iterations.value.item()).toBe(expected.iterations);
    const { history } = await base.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
    expect(Object.keys(history).sort()).toEqual(Object.keys(expected.history).sort());
    for (const [name, values] of Object.entries(expected.history))
      for (const [i, value] of values.entries()) expect(history[name][i]).toBeCloseTo(value, 5);
  });

  it("is compiled again by modelFromJSON and not by cloneModel, as in Keras", async () => {
    const outer = await models.loadModel(path);
    const compiled = (model: Model) => (model.getLayer("base") as Model).compiled;
    expect(compiled(models.modelFromJSON(outer.toJSON()))).toBe(file.compiled_again.from_json);
    expect(compiled(models.cloneModel(outer))).toBe(file.compiled_again.clone);
  });

  it("keeps its optimizer's state through a file of ours, in a Sequential, a wrapper and as a subclass", async () => {
    class Base extends Model {
      hidden = new layers.Dense(2);
      override call(input: Parameters<Model["call"]>[0]) {
        return this.hidden.apply(input as never);
      }
      static override fromConfig(config: object) {
        return new Base(config);
      }
    }
    const base = new Base({ name: "base" });
    const inner = new Sequential([Input([3]), new layers.Dense(2)], { name: "inner" });
    const steps = new layers.TimeDistributed(inner);
    for (const model of [base, inner]) {
      model.compile({ optimizer: "adam", loss: "mse" });
      await model.fit(x, y, { epochs: 2, verbose: 0 });
    }
    const outer = new Sequential([Input([3]), base, new layers.Dense(6), new layers.Reshape([2, 3]), steps]);
    const loaded = await models.loadModel(await saving.toBytes(outer), { customObjects: { Base } });
    const again = [
      loaded.layers[0],
      (loaded.layers.at(-1) as layers.TimeDistributed).layer,
    ] as unknown as readonly Model[];
    for (const [i, before] of [base, inner].entries()) {
      const variables = ({ optimizer }: Model) => optimizer?.variables.map((v) => v.numpy());
      expect(again[i].optimizer?.iterations.value.item()).toBe(2);
      expect(variables(again[i])).toEqual(variables(before));
    }
  });
});
