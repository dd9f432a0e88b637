import { type DType, newArray } from "../tensor/dtype.js";
import { sameShape, sizeOf } from "../tensor/shape.js";
import { currentGraph } from "../trace/current.js";
import type { TensorType, Value } from "../trace/graph.js";
import {
  type Elementwise,
  type HostArray,
  type Primitive,
  shapeMismatch,
  type VjpContext,
} from "../trace/primitive.js";
import type { ScalarMath } from "../trace/scalar.js";
import { numberMath } from "./math/numberMath.js";

/** Applies a primitive with one result in the current graph. */
export function bind<P extends object>(primitive: Primitive<P>, params: P, ...inputs: Value[]): Value {
  return bindAll(primitive, params, ...inputs)[0];
}

/** Applies a primitive with any number of results in the current graph. */
export function bindAll<P extends object>(
  primitive: Primitive<P>,
  params: P,
  ...inputs: Value[]
): readonly Value[] {
  return currentGraph().add(primitive as unknown as Primitive, params, inputs);
}

type Lanes = <T, W>(math: ScalarMath<T, W>, ...lanes: T[]) => T;

/** A lane's computation by kind of element; what is missing is refused by the type rule. */
export interface LaneTable {
  readonly float32?: Lanes;
  /** int32, uint32 and uint8 where `uint32` does not say otherwise; uint8 results are taken modulo 256. */
  readonly integer?: Lanes;
  readonly uint32?: Lanes;
  readonly bool?: Lanes;
}

function lanesFor(table: LaneTable, dtype: DType): Lanes | undefined {
  switch (dtype) {
    case "float32":
      return table.float32;
    case "bool":
      return table.bool;
    case "uint32":
    case "uint8":
      return table.uint32 ?? table.integer;
    case "int32":
      return table.integer;
  }
}

export interface ElementwiseOptions<P extends object> {
  /** Number of operands, all of one shape. */
  readonly arity: number;
  readonly lanes: LaneTable;
  /** The result's type, if not that of the operands. */
  readonly output?: DType;
  /** Which operand chooses the row of `lanes` (default 0); operands from there on share its type. */
  readonly typedBy?: number;
  readonly vjp?: (context: VjpContext<P> & { readonly cotangent: Value }) => readonly (Value | undefined)[];
}

/** Defines an elementwise primitive whose operands and result have one shape. */
export function defineElementwise<P extends object = object>(
  name: string,
  options: ElementwiseOptions<P>,
): Primitive<P> {
  const { arity, lanes, output, typedBy = 0, vjp } = options;
  const elementwise: Elementwise<P> = {
    scalar(math, operands, { inputs }) {
      const compute = lanesFor(lanes, inputs[typedBy]) as Lanes;
      const result = compute(math, ...operands);
      return inputs[typedBy] === "uint8" && !output ? math.and(result, math.i32(255)) : result;
    },
  };
  return {
    name,
    elementwise,
    infer(inputs) {
      if (inputs.length !== arity)
        throw new Error(`${name}: expected ${arity} operands. Received: ${inputs.length}`);
      for (const input of inputs) {
        if (!sameShape(input.shape, inputs[0].shape))
          throw shapeMismatch(
            name,
            inputs.map((i) => i.shape),
          );
      }
      const { dtype } = inputs[typedBy];
      if (!lanesFor(lanes, dtype))
        throw new Error(`${name} is not defined for ${dtype} tensors. Convert with \`astype("float32")\`.`);
      for (const input of inputs.slice(typedBy)) {
        if (input.dtype !== dtype)
          throw new Error(`${name}: expected operands of one dtype. Received: ${dtype} and ${input.dtype}`);
      }
      return [{ shape: inputs[0].shape, dtype: output ?? dtype }];
    },
    evaluate: (inputs, params, [type]) => [evaluateElementwise(elementwise, inputs, params, type)],
    vjp:
      vjp &&
      ((context) => (context.cotangents[0] ? vjp({ ...context, cotangent: context.cotangents[0] }) : [])),
  };
}

/** Runs a lane's computation over plain arrays: the meaning of every elementwise primitive. */
export function evaluateElementwise<P extends object>(
  elementwise: Elementwise<P>,
  inputs: readonly HostArray[],
  params: P,
  type: TensorType,
) {
  const size = sizeOf(type.shape);
  const result = newArray(type.dtype, size);
  const context = { params, inputs: inputs.map((i) => i.dtype), output: type.dtype };
  const lanes = new Array<number>(inputs.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < inputs.length; j++) lanes[j] = readLane(inputs[j], i);
    const lane = elementwise.scalar(numberMath, lanes, context);
    result[i] = type.dtype === "bool" ? (lane !== 0 ? 1 : 0) : lane;
  }
  return result;
}

/** A stored element as a lane: bool as a mask, uint32 by its bits. */
function readLane(array: HostArray, i: number): number {
  const stored = array.data[i];
  if (array.dtype === "bool") return stored ? -1 : 0;
  return array.dtype === "uint32" ? stored | 0 : stored;
}
