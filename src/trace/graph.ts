import type { DType, TypedArray } from "../tensor/dtype.js";
import { formatShape, type Shape } from "../tensor/shape.js";
import type { Primitive } from "./primitive.js";

/** What is known of an array before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One result of a node: a place where an array will stand when the graph runs. */
export class Value implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(
    readonly graph: Graph,
    readonly node: Node,
    /** Which of the node's results this is. */
    readonly index: number,
    type: TensorType,
  ) {
    this.shape = type.shape;
    this.dtype = type.dtype;
  }
}

/** One application of a primitive. */
export interface Node {
  /** Position in `graph.nodes`; inputs always have smaller ids. */
  readonly id: number;
  readonly primitive: Primitive;
  readonly params: object;
  readonly inputs: readonly Value[];
  outputs: readonly Value[];
}

/** A program in static single assignment form: nodes in an order in which they can be computed. */
export class Graph {
  readonly nodes: Node[] = [];
  /** Arrays that are given when the graph runs, in order. */
  readonly inputs: Value[] = [];
  /** The results, in order. */
  outputs: Value[] = [];
  /** `updates.get(i) = j`: output `i` is the new content of input `j`, whose memory it may overwrite. */
  readonly updates = new Map<number, number>();
  /** So many inputs, the first ones, are others in each of the steps that run in one call. */
  advancing = 0;
  /**
   * Which inputs are mostly 0 and keep their content as long as the program is bound to their memory: what is not 0 in them
   * may be looked for once.
   */
  readonly sparse = new Set<number>();
  /** While a loop's body is traced: what stands for a value of the graph around it. */
  capture?: (value: Value) => Value;

  input(type: TensorType): Value {
    const value = this.add(inputPrimitive, { index: this.inputs.length, type }, [])[0];
    this.inputs.push(value);
    return value;
  }

  /** Gives it the inputs of another graph. @returns what stands in their place */
  takeInputs(other: Graph): Map<Value, Value> {
    this.advancing = other.advancing;
    for (const index of other.sparse) this.sparse.add(index);
    return new Map(other.inputs.map((input) => [input, this.input(input)]));
  }

  /** A constant that is part of the program. */
  constant(data: TypedArray, type: TensorType): Value {
    return this.add(constantPrimitive, { data, type }, [])[0];
  }

  /** Applies a primitive: checks, infers the results' types, appends a node. */
  add(primitive: Primitive, params: object, inputs: readonly Value[]): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this) {
        throw new Error(
          `${primitive.name}: a symbolic tensor of another trace was used here. ` +
            "Return it from the compiled function instead of keeping it in an outer variable.",
        );
      }
    }
    const types = primitive.infer(inputs, params);
    const node: Node = { id: this.nodes.length, primitive, params, inputs, outputs: [] };
    node.outputs = types.map((type, index) => new Value(this, node, index, type));
    this.nodes.push(node);
    return node.outputs;
  }
}

/** A graph without free variables: what `scan` and `while` repeat. */
export type Body = Graph;

interface InputParams {
  readonly index: number;
  readonly type: TensorType;
}

/** Marks what is given from outside. */
export const inputPrimitive: Primitive<InputParams> = {
  name: "input",
  infer: (_, { type }) => [type],
  evaluate: () => {
    throw new Error("An input has no evaluation of its own.");
  },
};

export interface ConstantParams {
  readonly data: TypedArray;
  readonly type: TensorType;
}

export const constantPrimitive: Primitive<ConstantParams> = {
  name: "constant",
  infer: (_, { type }) => [type],
  evaluate: (_, { data }) => [data],
  vjp: () => [],
};

/** The numbers of a constant node, else undefined. */
export function constantData(value: Value): TypedArray | undefined {
  return value.node.primitive === constantPrimitive ? (value.node.params as ConstantParams).data : undefined;
}

/** `float32(32, 10)`. */
export function formatType(type: TensorType): string {
  return `${type.dtype}${formatShape(type.shape)}`;
}
