import { type Layer, layers, ops, setBackend, type Tensor, tensor, utils, valueAndGrad } from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

interface GoldenLayers {
  readonly cases: readonly {
    readonly case: string;
    readonly class: string;
    readonly args: Record<string, Json>;
    readonly training: boolean;
    readonly inputs: readonly GoldenArray[];
    readonly variables: Readonly<Record<string, GoldenArray>>;
    readonly output: GoldenArray;
    readonly output_gradient: GoldenArray;
    readonly gradients: Readonly<Record<string, GoldenArray>>;
    readonly input_gradients: readonly GoldenArray[] | null;
    readonly updated?: Readonly<Record<string, GoldenArray>>;
  }[];
}

/** Sums of a few products of numbers around 1 in float32, in another order than XLA's. */
const TOLERANCE = 2e-6;

function expectClose(found: Tensor, expected: GoldenArray): void {
  expect(found.shape).toEqual(expected.shape);
  const largest = Math.max(1, ...expected.data.map(Math.abs));
  for (const [i, value] of expected.data.entries()) {
    expect(
      Math.abs(found.data[i] - value),
      `element ${i}: ${found.data[i]} for ${value}`,
    ).toBeLessThanOrEqual(TOLERANCE * largest);
  }
}

function layerOf(className: string, config: Record<string, Json>): Layer {
  utils.clearSession();
  utils.setRandomSeed(1);
  return layers.deserialize({
    module: "keras.layers",
    class_name: className,
    config,
    registered_name: null,
  });
}

afterEach(() => setBackend("wasm"));

for (const c of golden<GoldenLayers>("layers").cases) {
  const xs = c.inputs.map(goldenTensor);
  const single = xs.length === 1;
  const shape = single ? xs[0].shape : xs.map((x) => x.shape);
  const differentiable = c.input_gradients !== null;

  const built = () => {
    const layer = layerOf(c.class, c.args);
    layer.build(shape);
    for (const variable of layer.weights) variable.assign(goldenTensor(c.variables[variable.path]));
    return layer;
  };
  const run = (layer: Layer, trainable: readonly Tensor[], inputs: readonly Tensor[]) =>
    layer.statelessCall(
      trainable,
      layer.nonTrainableVariables.map((variable) => variable.value),
      single ? inputs[0] : inputs,
      { training: c.training },
    ) as [Tensor, Tensor[]];
  /** The loss that golden gradients are of, all gradients, and the outputs. */
  const differentiate = (layer: Layer) => {
    const dy = goldenTensor(c.output_gradient);
    const loss = (trainable: readonly Tensor[], inputs: readonly Tensor[]) => {
      const [output, nonTrainable] = run(layer, trainable, inputs);
      return [ops.sum(output.mul(dy)), output, ...nonTrainable];
    };
    const trainable = layer.trainableVariables.map((variable) => variable.value);
    const wanted = [...(trainable.length > 0 ? [0] : []), ...(differentiable ? [1] : [])];
    const [values, gradients] = valueAndGrad(loss, { argnums: wanted })(trainable, xs);
    const [, output, ...nonTrainable] = values as Tensor[];
    const all = gradients as unknown as Tensor[][];
    return {
      output,
      nonTrainable,
      ofTrainable: trainable.length > 0 ? all[0] : [],
      ofInputs: differentiable ? all[all.length - 1] : [],
    };
  };

  describe(`${c.case}${c.training ? ", training" : ""}`, () => {
    it("equals Keras: outputs, gradients, updates", () => {
      const layer = built();
      expect(layer.weights.map(({ path }) => path)).toEqual(Object.keys(c.variables));
      const found = differentiate(layer);
      expectClose(found.output, c.output);
      for (const [i, { path }] of layer.trainableVariables.entries()) {
        expectClose(found.ofTrainable[i], c.gradients[path]);
      }
      for (const [i, expected] of (c.input_gradients ?? []).entries())
        expectClose(found.ofInputs[i], expected);
      for (const [i, { path }] of layer.nonTrainableVariables.entries()) {
        // without `seed` the golden run drew its own
        const drawn = path.includes("seed_generator") && c.args.seed === undefined;
        if (c.updated?.[path] && !drawn) expectClose(found.nonTrainable[i], c.updated[path]);
      }
      const applied = layer.apply(single ? xs[0] : xs, { training: c.training }) as Tensor;
      expect(applied.shape).toEqual(c.output.shape);
    });

    it("wasm gives the bits of the reference", () => {
      const bits = (backend: "wasm" | "reference") => {
        setBackend(backend);
        const { output, nonTrainable, ofTrainable, ofInputs } = differentiate(built());
        return [output, ...nonTrainable, ...ofTrainable, ...ofInputs].map((t) => t.data);
      };
      expect(bits("wasm")).toEqual(bits("reference"));
    });

    it("infers its output shape, with and without the batch size", () => {
      const layer = built();
      expect(layer.computeOutputShape(shape)).toEqual(c.output.shape);
      const open = single ? [null, ...xs[0].shape.slice(1)] : xs.map((x) => [null, ...x.shape.slice(1)]);
      expect(layer.computeOutputShape(open)).toEqual([null, ...c.output.shape.slice(1)]);
    });

    it("is made again from its config", () => {
      const layer = built();
      const config = layer.getConfig();
      expect(config).toMatchObject(plain(c.args));
      const again = layerOf(c.class, JSON.parse(JSON.stringify(config)));
      expect(again.getConfig()).toEqual(config);
      expect(again.constructor).toBe(layer.constructor);
    });

    if (differentiable) {
      it("has the gradients of finite differences", () => {
        const layer = built();
        const trainable = layer.trainableVariables.map((variable) => variable.value);
        const { ofTrainable, ofInputs } = differentiate(layer);
        const dy = goldenTensor(c.output_gradient);
        const lossAt = (values: readonly Tensor[]) => {
          const [output] = run(layer, values.slice(0, trainable.length), values.slice(trainable.length));
          // in double precision: the outputs differ little
          return Array.from(output.data).reduce((sum, v, i) => sum + v * dy.data[i], 0);
        };
        const values = [...trainable, ...xs];
        for (const [i, gradient] of [...ofTrainable, ...ofInputs].entries()) {
          for (const at of new Set([0, values[i].size >> 1, values[i].size - 1])) {
            const moved = (by: number) =>
              values.map((value, j) => {
                if (j !== i) return value;
                const data = value.data.slice();
                data[at] += by;
                return tensor(data, value.shape);
              });
            const step = 2 ** -7;
            const slope = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
            expect(Math.abs(slope - gradient.data[at])).toBeLessThan(0.01 * Math.max(1, Math.abs(slope)));
          }
        }
      });
    }
  });
}

/** Tuples of the arguments are arrays in the config too; a kernel size of one number becomes a list there. */
function plain(args: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      key === "kernel_size" && typeof value === "number" ? [value] : value,
    ]),
  );
}
