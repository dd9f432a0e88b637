import { newArray } from "../tensor/dtype.js";
import { formatShape, sameShape, sizeOf } from "../tensor/shape.js";
import { evaluateGraph } from "../trace/evaluate.js";
import { type Body, formatType, type TensorType, type Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bindAll } from "./define.js";
import { gradientOfScan } from "./scanGradient.js";

export interface ScanParams {
  /** (constants…, carries…, slices…) → (carries…, results…) */
  readonly body: Body;
  readonly length: number;
  /** How many inputs are the same in every step. */
  readonly constants: number;
  /** How many inputs go from step to step. */
  readonly carries: number;
  /** Whether the last slice comes first. */
  readonly reverse: boolean;
  /** The body of which this one has all results, and more after them: a scan with both is worth running but once. */
  readonly extended?: Body;
}

/**
 * Repeats `body` for each slice along the first axis of some inputs.
 * (constants…, carries…, sliced…) → (last carries…, stacked results…)
 */
const scanPrimitive: Primitive<ScanParams> = {
  name: "scan",
  infer(inputs, { body, length, constants, carries }) {
    expectTypes("scan", inputs.slice(0, constants + carries), body.inputs.slice(0, constants + carries));
    for (const [i, input] of inputs.slice(constants + carries).entries()) {
      const slice = body.inputs[constants + carries + i];
      if (input.dtype !== slice.dtype || !sameShape(input.shape, [length, ...slice.shape])) {
        throw new Error(
          `scan: expected ${length} slices of ${formatType(slice)} along the first axis. Received: ${formatType(input)}`,
        );
      }
    }
    expectCarries("scan", body, constants, carries);
    return body.outputs.map((type, i) => (i < carries ? type : stackedType(type, length)));
  },
  evaluate(inputs, { body, length, constants, carries, reverse }, outputs) {
    const fixed = inputs.slice(0, constants);
    let carried = inputs.slice(constants, constants + carries);
    const stacks = outputs.slice(carries).map((type) => newArray(type.dtype, sizeOf(type.shape)));
    for (let step = 0; step < length; step++) {
      const at = reverse ? length - 1 - step : step;
      const slices = inputs.slice(constants + carries).map((input) => sliceAt(input, at));
      const results = evaluateGraph(body, [...fixed, ...carried, ...slices]);
      for (const [i, { data }] of results.slice(carries).entries()) stacks[i].set(data, at * data.length);
      carried = results.slice(0, carries);
    }
    return [...carried.map(({ data }) => data), ...stacks];
  },
  vjp: ({ cotangents, inputs, outputs, params }) => {
    const { body, length, constants, carries, reverse } = params;
    const gradient = gradientOfScan(
      params,
      cotangents.map((cotangent) => cotangent !== undefined),
    );
    const { kept, sums, results } = gradient;
    const forward =
      kept.length === 0
        ? outputs
        : bindAll(scanPrimitive, { ...params, body: gradient.forward, extended: body }, ...inputs);
    const zeros = (type: TensorType) => full(type.shape, 0, "float32");
    let backward: readonly Value[] = [];
    const stackOf = (value: Value): Value => {
      const slice = gradient.slices.get(value);
      if (slice !== undefined) return inputs[constants + carries + slice];
      const own = gradient.own.get(value);
      if (own !== undefined) return forward[own];
      const extra = kept.indexOf(value);
      if (extra >= 0) return forward[body.outputs.length + extra];
      const result = results.indexOf(value);
      return result >= 0
        ? backward[backward.length - results.length + result]
        : zeros(stackedType(value, length));
    };
    const flowing = body.outputs.flatMap((type, i) =>
      i < carries && isFloat(type) ? [cotangents[i] ?? zeros(type)] : [],
    );
    backward = bindAll(
      scanPrimitive,
      {
        body: gradient.backward,
        length,
        constants,
        carries: sums.length + flowing.length,
        reverse: !reverse,
      },
      ...inputs.slice(0, constants),
      ...sums.map(zeros),
      ...flowing,
      ...gradient.stacked.map(stackOf),
      ...cotangents.slice(carries).filter((cotangent) => cotangent !== undefined),
    );
    const found = [
      ...gradient.ofConstants((index) => backward[index], stackOf),
      ...backward.slice(sums.length, sums.length + flowing.length),
      ...gradient.ofSlices.map(stackOf),
    ];
    let next = 0;
    return inputs.map((input) => (isFloat(input) ? found[next++] : undefined));
  },
};

/**
 * Repeats `body` once for each slice along the first axis of `sliced`.
 *
 * @param body (constants…, carries…, slices…) → (carries…, results…)
 * @param options.length number of steps
 * @param options.reverse start at the last slice (default false)
 * @returns the last carries, and the results of all steps, stacked
 */
export function scan(
  body: Body,
  constants: readonly Value[],
  carries: readonly Value[],
  sliced: readonly Value[],
  { length, reverse = false }: { readonly length: number; readonly reverse?: boolean },
): readonly Value[] {
  return bindAll(
    scanPrimitive,
    { body, length, constants: constants.length, carries: carries.length, reverse },
    ...constants,
    ...carries,
    ...sliced,
  );
}

export interface WhileParams {
  /** (constants…, carries…) → a bool scalar */
  readonly condition: Body;
  /** (constants…, carries…) → carries */
  readonly body: Body;
  readonly constants: number;
}

const whilePrimitive: Primitive<WhileParams> = {
  name: "while",
  infer(inputs, { condition, body, constants }) {
    expectTypes("while", inputs, body.inputs);
    expectTypes("while", inputs, condition.inputs);
    expectCarries("while", body, constants, inputs.length - constants);
    const [answer] = condition.outputs;
    if (answer.dtype !== "bool" || answer.shape.length > 0) {
      throw new Error(`while: the condition must be a bool scalar. Received: ${formatType(answer)}`);
    }
    return body.outputs;
  },
  evaluate(inputs, { condition, body, constants }) {
    const fixed = inputs.slice(0, constants);
    let carried: readonly HostArray[] = inputs.slice(constants);
    while (evaluateGraph(condition, [...fixed, ...carried])[0].data[0]) {
      carried = evaluateGraph(body, [...fixed, ...carried]);
    }
    return carried.map(({ data }) => data);
  },
};

/**
 * Repeats `body` for as long as `condition` holds. Has no derivative: how often it runs is not known beforehand.
 *
 * @param condition (constants…, carries…) → a bool scalar
 * @param body (constants…, carries…) → carries
 * @returns the last carries
 */
export function whileLoop(
  condition: Body,
  body: Body,
  constants: readonly Value[],
  carries: readonly Value[],
): readonly Value[] {
  const params = { condition, body, constants: constants.length };
  return bindAll(whilePrimitive, params, ...constants, ...carries);
}

const isFloat = (type: TensorType) => type.dtype === "float32";

function stackedType(type: TensorType, length: number): TensorType {
  return { shape: [length, ...type.shape], dtype: type.dtype };
}

function sliceAt(array: HostArray, index: number): HostArray {
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  return { shape, dtype: array.dtype, data: array.data.subarray(index * size, (index + 1) * size) };
}

function expectTypes(name: string, given: readonly TensorType[], expected: readonly TensorType[]): void {
  for (const [i, type] of given.entries()) {
    if (!expected[i] || type.dtype !== expected[i].dtype || !sameShape(type.shape, expected[i].shape)) {
      throw new Error(
        `${name}: operand ${i} is ${formatType(type)}, but the body takes ${expected[i] ? formatType(expected[i]) : "none"}.`,
      );
    }
  }
}

function expectCarries(name: string, body: Body, constants: number, carries: number): void {
  for (let i = 0; i < carries; i++) {
    const before = body.inputs[constants + i];
    const after = body.outputs[i];
    if (!after || before.dtype !== after.dtype || !sameShape(before.shape, after.shape)) {
      throw new Error(
        `${name}: what goes from step to step must keep its shape ${formatShape(before.shape)} and dtype ${before.dtype}. ` +
          `The body gave: ${after ? formatType(after) : "nothing"}`,
      );
    }
  }
}
