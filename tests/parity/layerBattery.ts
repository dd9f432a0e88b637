import { createHash } from "node:crypto";
import {
  compile,
  type Layer,
  layers,
  ops,
  setBackend,
  type Tensor,
  tensor,
  utils,
  valueAndGrad,
} from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import { isShapeLeaf, type LayerShape } from "../../src/layers/callArguments.js";
import { maskOf } from "../../src/ops/mask.js";
import { leaves, type Structure } from "../../src/ops/structure.js";
import type { PartialShape } from "../../src/tensor/shape.js";
import { camelCaseKeys, type Json } from "../../src/utils/serialization.js";
import { type GoldenArray, goldenTensor } from "./golden.js";

export interface LayerCase {
  readonly case: string;
  readonly class: string;
  readonly args: Record<string, Json>;
  readonly training: boolean;
  readonly inputs: readonly GoldenArray[];
  /** `getConfig()` of the layer, built. */
  readonly config?: Record<string, Json>;
  /** The first contents of the weights after `setRandomSeed(1)`: SHA-256 of their bytes, or numbers where only these agree. */
  readonly initial?: Readonly<Record<string, string | readonly number[]>>;
  readonly variables: Readonly<Record<string, GoldenArray>>;
  /** What the call adds to the loss. */
  readonly losses?: readonly number[];
  /** The outputs, in a list even if there is only one. */
  readonly outputs: readonly GoldenArray[];
  readonly output_gradients: readonly GoldenArray[];
  readonly gradients: Readonly<Record<string, GoldenArray>>;
  readonly input_gradients: readonly GoldenArray[] | null;
  readonly updated?: Readonly<Record<string, GoldenArray>>;
  /** One for each input. */
  readonly masks?: readonly (GoldenArray | null)[];
  readonly output_mask?: GoldenArray | null;
  /** First states of a recurrent layer. */
  readonly states?: readonly GoldenArray[];
  /** Further arguments of `call`, in Keras's words. */
  readonly call?: Readonly<Record<string, Json>>;
  /** Whether the inputs are arguments of their own, with these names. */
  readonly arguments?: readonly string[];
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

/**
 * What every layer must show, from a run of Keras's: values, gradients, updates, first weights, config and back, shapes, finite
 * differences, the same bits on both backends.
 */
export function layerBattery(cases: readonly LayerCase[]): void {
  afterEach(() => setBackend("wasm"));
  for (const c of cases) describe(`${c.case}${c.training ? ", training" : ""}`, () => check(c));
}

/** What the tests use of a layer, whatever its outputs are. */
type AnyLayer = Layer & {
  apply(inputs: unknown, options: object): Structure<Tensor>;
  statelessCall(
    trainable: readonly Tensor[],
    nonTrainable: readonly Tensor[],
    inputs: unknown,
    options: object,
  ): [Structure<Tensor>, Tensor[]];
};

function check(c: LayerCase): void {
  const xs = c.inputs.map(goldenTensor);
  const single = xs.length === 1 || c.arguments !== undefined;
  const shape = single ? xs[0].shape : xs.map((x) => x.shape);
  const differentiable = c.input_gradients !== null;
  const masks = c.masks?.map((mask) => (mask ? tensor(mask.data, mask.shape, "bool") : undefined));
  const further = { ...camelCaseKeys(c.call ?? {}), training: c.training };
  /** What `apply` takes for these inputs. */
  const given = (inputs: readonly Tensor[]): [unknown, Record<string, unknown>] => {
    if (c.arguments) {
      const names = c.arguments.map((name) => name);
      const named = Object.fromEntries(inputs.slice(1).map((x, i) => [names[i + 1], x]));
      const ofMasks = (masks ?? []).flatMap((mask, i) => (mask ? [[`${names[i]}Mask`, mask]] : []));
      return [inputs[0], { ...named, ...Object.fromEntries(ofMasks), ...further }];
    }
    return [
      single ? inputs[0] : inputs,
      {
        ...further,
        ...(masks ? { mask: single ? masks[0] : masks } : {}),
        ...(c.states ? { initialState: c.states.map(goldenTensor) } : {}),
      },
    ];
  };
  const argumentShapes = c.arguments
    ? Object.fromEntries(xs.slice(1).map((x, i) => [(c.arguments as string[])[i + 1], x.shape]))
    : {};

  const built = () => {
    const layer = layerOf(c.class, c.args) as AnyLayer;
    layer.build(shape, argumentShapes);
    for (const variable of layer.weights) variable.assign(goldenTensor(c.variables[variable.path]));
    return layer;
  };
  const run = (
    layer: AnyLayer,
    trainable: readonly Tensor[],
    inputs: readonly Tensor[],
  ): [Tensor[], Tensor[]] => {
    const values = layer.nonTrainableVariables.map((variable) => variable.value);
    const [outputs, nonTrainable] = layer.statelessCall(trainable, values, ...given(inputs));
    return [leaves<Tensor>(outputs), nonTrainable];
  };
  /** The loss that golden gradients are of, all gradients, and the outputs. */
  const differentiate = (layer: AnyLayer) => {
    const dys = c.output_gradients.map(goldenTensor);
    const loss = (trainable: readonly Tensor[], inputs: readonly Tensor[]) => {
      const [outputs, nonTrainable] = run(layer, trainable, inputs);
      const sum = outputs.map((y, i) => ops.sum(y.mul(dys[i]))).reduce((a, b) => a.add(b));
      return [sum, ...outputs, ...nonTrainable];
    };
    const trainable = layer.trainableVariables.map((variable) => variable.value);
    const wanted = [...(trainable.length > 0 ? [0] : []), ...(differentiable ? [1] : [])];
    if (wanted.length === 0) {
      const [outputs, nonTrainable] = run(layer, trainable, xs);
      return { outputs, nonTrainable, ofTrainable: [], ofInputs: [] };
    }
    const [values, gradients] = valueAndGrad(loss, { argnums: wanted })(trainable, xs);
    const rest = (values as Tensor[]).slice(1);
    const all = gradients as unknown as Tensor[][];
    return {
      outputs: rest.slice(0, c.outputs.length),
      nonTrainable: rest.slice(c.outputs.length),
      ofTrainable: trainable.length > 0 ? all[0] : [],
      ofInputs: differentiable ? all[all.length - 1] : [],
    };
  };

  it("equals Keras: outputs, gradients, updates", () => {
    const layer = built();
    expect(layer.weights.map(({ path }) => path)).toEqual(Object.keys(c.variables));
    const found = differentiate(layer);
    for (const [i, expected] of c.outputs.entries()) expectClose(found.outputs[i], expected);
    for (const [i, { path }] of layer.trainableVariables.entries()) {
      expectClose(found.ofTrainable[i], c.gradients[path]);
    }
    for (const [i, expected] of (c.input_gradients ?? []).entries()) expectClose(found.ofInputs[i], expected);
    for (const [i, { path }] of layer.nonTrainableVariables.entries()) {
      // a seed that golden runs without `initial` drew was not drawn after setRandomSeed(1)
      const drawn = path.includes("seed_generator") && c.args.seed === undefined && !c.initial;
      if (c.updated?.[path] && !drawn) expectClose(found.nonTrainable[i], c.updated[path]);
    }
    const outputs = leaves<Tensor>(layer.apply(...given(xs)));
    expect(outputs.map((y) => y.shape)).toEqual(c.outputs.map((y) => y.shape));
    if (c.output_mask !== undefined) {
      const mask = maskOf(outputs[0]);
      expect(mask && Array.from(mask.data)).toEqual(c.output_mask?.data);
    }
  });

  if (c.losses) {
    it("adds Keras's losses", () => {
      const layer = built();
      const losses = compile((...inputs: Tensor[]) => {
        layer.apply(...given(inputs));
        return layer.losses;
      })(...xs);
      for (const [i, expected] of (c.losses ?? []).entries())
        expectClose(losses[i], { shape: [], dtype: "float32", data: [expected] });
      expect(losses).toHaveLength(c.losses?.length ?? 0);
    });
  }

  if (c.initial) {
    it("starts from Keras's weights", () => {
      const layer = layerOf(c.class, c.args);
      layer.build(shape, argumentShapes);
      for (const { path, value } of layer.weights) {
        const expected = c.initial?.[path];
        if (typeof expected === "string") expect(sha256(value)).toBe(expected);
        else expectClose(value, { shape: [...value.shape], data: [...(expected ?? [])], dtype: "float32" });
      }
    });
  }

  it("wasm gives the bits of the reference", () => {
    const bits = (backend: "wasm" | "reference") => {
      setBackend(backend);
      const { outputs, nonTrainable, ofTrainable, ofInputs } = differentiate(built());
      return [...outputs, ...nonTrainable, ...ofTrainable, ...ofInputs].map((t) => t.data);
    };
    expect(bits("wasm")).toEqual(bits("reference"));
  });

  // further arguments and options change what is given
  if (!c.arguments && !c.call) {
    it("infers its output shape, with and without the batch size", () => {
      const layer = built();
      const shapesOf = (input: LayerShape) =>
        leaves<PartialShape>(layer.computeOutputShape(input) as Structure<PartialShape>, isShapeLeaf);
      expect(shapesOf(shape)).toEqual(c.outputs.map((y) => y.shape));
      const open = single ? [null, ...xs[0].shape.slice(1)] : xs.map((x) => [null, ...x.shape.slice(1)]);
      expect(shapesOf(open)).toEqual(c.outputs.map((y) => [null, ...y.shape.slice(1)]));
    });
  }

  it("is made again from its config", () => {
    const layer = built();
    const config = JSON.parse(JSON.stringify(layer.getConfig()));
    if (c.config) expect(config).toEqual(c.config);
    else expect(config).toMatchObject(plain(c.args));
    const again = layerOf(c.class, config);
    again.build(shape, argumentShapes);
    expect(JSON.parse(JSON.stringify(again.getConfig()))).toEqual(config);
    expect(again.constructor).toBe(layer.constructor);
  });

  if (differentiable) {
    it("has the gradients of finite differences", () => {
      const layer = built();
      const trainable = layer.trainableVariables.map((variable) => variable.value);
      const { ofTrainable, ofInputs } = differentiate(layer);
      const dys = c.output_gradients.map(goldenTensor);
      const lossAt = (values: readonly Tensor[]) => {
        const [outputs] = run(layer, values.slice(0, trainable.length), values.slice(trainable.length));
        // in double precision: the outputs differ little
        return outputs.reduce(
          (sum, y, k) => sum + Array.from(y.data).reduce((part, v, i) => part + v * dys[k].data[i], 0),
          0,
        );
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
}

function sha256({ data }: Tensor): string {
  return createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
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
