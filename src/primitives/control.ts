import { newArray } from "../tensor/dtype.js";
import { formatShape, sameShape, sizeOf } from "../tensor/shape.js";
import { currentGraph, traceGraph } from "../trace/current.js";
import { evaluateGraph } from "../trace/evaluate.js";
import { gradient } from "../trace/grad.js";
import { type Body, formatType, inputPrimitive, type TensorType, type Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bindAll } from "./define.js";
import { add } from "./elementwise.js";

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
  /** Whether the carries before each step are given too, stacked: what the derivative needs. */
  readonly history: boolean;
}

/**
 * Repeats `body` for each slice along the first axis of some inputs.
 * (constants…, carries…, sliced…) → (last carries…, stacked results…, stacked carries if `history`…)
 */
const scanPrimitive: Primitive<ScanParams> = {
  name: "scan",
  infer(inputs, { body, length, constants, carries, history }) {
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
    const stacked = body.outputs.slice(carries);
    if (history) stacked.push(...body.inputs.slice(constants, constants + carries));
    return [...body.outputs.slice(0, carries), ...stacked.map((type) => stackedType(type, length))];
  },
  evaluate(inputs, { body, length, constants, carries, reverse, history }, outputs) {
    const fixed = inputs.slice(0, constants);
    let carried = inputs.slice(constants, constants + carries);
    const stacks = outputs.slice(carries).map((type) => newArray(type.dtype, sizeOf(type.shape)));
    for (let step = 0; step < length; step++) {
      const at = reverse ? length - 1 - step : step;
      const slices = inputs.slice(constants + carries).map((input) => sliceAt(input, at));
      const results = evaluateGraph(body, [...fixed, ...carried, ...slices]);
      const stacked = [...results.slice(carries), ...(history ? carried : [])];
      for (const [i, { data }] of stacked.entries()) stacks[i].set(data, at * data.length);
      carried = results.slice(0, carries);
    }
    return [...carried.map(({ data }) => data), ...stacks];
  },
  /** Runs backwards over the slices: carries the cotangents of the carries, and adds up those of the constants. */
  vjp({ cotangents, inputs, params }) {
    const { body, length, constants, carries, reverse } = params;
    const fixed = inputs.slice(0, constants);
    const sliced = inputs.slice(constants + carries);
    const forward = bindAll(scanPrimitive, { ...params, history: true }, ...inputs);
    const histories = forward.slice(body.outputs.length);
    const zeros = (type: TensorType) => full(type.shape, 0, "float32");
    const floats = <T extends TensorType>(types: readonly T[]) => types.filter(isFloat);
    const carryCotangents = floats(body.outputs.slice(0, carries));
    const resultCotangents = floats(body.outputs.slice(carries));
    const flowing = body.outputs.flatMap((type, i) =>
      isFloat(type) ? [cotangents[i] ?? zeros(i < carries ? type : stackedType(type, length))] : [],
    );
    const counts = [constants, floats(fixed).length, carryCotangents.length, carries, sliced.length];
    const backward = traceGraph(
      [...fixed, ...floats(fixed), ...carryCotangents, ...body.inputs.slice(constants), ...resultCotangents],
      (...values) => {
        const [own, sums, carried, before, slices, results] = split(values, counts);
        const given = [...own, ...before, ...slices];
        const outputs = inlineGraph(body, given).filter(isFloat);
        const wanted = given.filter(isFloat);
        const found = gradient(outputs, [...carried, ...results], wanted, add);
        const all = found.map((value, i) => value ?? zeros(wanted[i]));
        const [ofFixed, ofRest] = split(all, [sums.length]);
        return [...sums.map((sum, i) => add(sum, ofFixed[i])), ...ofRest];
      },
    );
    const summed = floats(fixed).length;
    const results = bindAll(
      scanPrimitive,
      {
        body: backward,
        length,
        constants,
        carries: summed + carryCotangents.length,
        reverse: !reverse,
        history: false,
      },
      ...fixed,
      ...floats(fixed).map(zeros),
      ...flowing.slice(0, carryCotangents.length),
      ...histories,
      ...sliced,
      ...flowing.slice(carryCotangents.length),
    );
    let next = 0;
    return inputs.map((input) => (isFloat(input) ? results[next++] : undefined));
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
    { body, length, constants: constants.length, carries: carries.length, reverse, history: false },
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

/** Copies a graph into the current one, with `inputs` in place of its own. */
export function inlineGraph(graph: Body, inputs: readonly Value[]): Value[] {
  const copies = new Map<Value, Value>(graph.inputs.map((input, i) => [input, inputs[i]]));
  for (const node of graph.nodes) {
    if (node.primitive === inputPrimitive) continue;
    const operands = node.inputs.map((input) => copies.get(input) as Value);
    const results = currentGraph().add(node.primitive, node.params, operands);
    for (const [i, output] of node.outputs.entries()) copies.set(output, results[i]);
  }
  return graph.outputs.map((output) => copies.get(output) as Value);
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

/** Consecutive parts of the given lengths, and the rest. */
function split<T>(items: readonly T[], lengths: readonly number[]): T[][] {
  let start = 0;
  const parts = lengths.map((length) => {
    start += length;
    return items.slice(start - length, start);
  });
  return [...parts, items.slice(start)];
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
