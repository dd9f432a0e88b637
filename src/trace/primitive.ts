import type { DType, TypedArray } from "../tensor/dtype.js";
import type { Shape } from "../tensor/shape.js";
import type { TensorType, Value } from "./graph.js";
import type { ScalarMath } from "./scalar.js";

/** A computed array: row-major numbers (bool as 0 and 1) with their type. */
export interface HostArray extends TensorType {
  readonly data: TypedArray;
}

/**
 * One operation, whole: its type rule, its meaning, its derivative. Everything that a backend or a
 * transformation needs to know of an operation stands in its definition.
 */
export interface Primitive<P extends object = object> {
  /** StableHLO's or JAX's name. */
  readonly name: string;
  /**
   * The results' types.
   * @throws if the operands do not fit.
   */
  infer(inputs: readonly TensorType[], params: P): readonly TensorType[];
  /**
   * The reference semantics: plain loops, with every float32 result rounded (`Math.fround`) and every sum
   * in the order that is part of the definition.
   * @returns one array for each result
   */
  evaluate(inputs: readonly HostArray[], params: P, outputs: readonly TensorType[]): TypedArray[];
  /**
   * Cotangents of the inputs from those of the results (`undefined` where none flows).
   * A primitive without this rule stops gradients when its results are not float32, and refuses otherwise.
   */
  vjp?(context: VjpContext<P>): readonly (Value | undefined)[];
  /** Only for elementwise primitives: one lane's computation, from which every backend generates code. */
  readonly elementwise?: Elementwise<P>;
}

export interface VjpContext<P> {
  /** Cotangents of the results; undefined where nothing depends on a result. */
  readonly cotangents: readonly (Value | undefined)[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly params: P;
}

/**
 * One lane of an elementwise primitive. Lanes of uint8 are int32 in 0…255, lanes of bool are masks.
 */
export interface Elementwise<P> {
  scalar<T, W>(
    math: ScalarMath<T, W>,
    lanes: readonly T[],
    context: { params: P; inputs: readonly DType[]; output: DType },
  ): T;
}

/** Wording shared by type rules. */
export function shapeMismatch(name: string, shapes: readonly Shape[]): Error {
  return new Error(
    `${name}: expected operands of equal shapes. Received: ${shapes.map((s) => `(${s.join(", ")})`).join(" and ")}`,
  );
}
