import * as lax from "../primitives/index.js";
import { type DType, newArray, type TypedArray } from "../tensor/dtype.js";
import { formatShape, normalizeAxis, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { currentGraph, isTracing, withGraph } from "../trace/current.js";
import { formatType, Graph, type TensorType, Value } from "../trace/graph.js";
import { executeGraph } from "./execute.js";
import { formatArray } from "./format.js";
import { type NestedArray, nestedData } from "./nested.js";
import { asFloat, type Operand, resultType, together } from "./promotion.js";

/** What operations accept as a tensor: also variables, numbers, nested arrays, typed arrays. */
export type TensorLike = Tensor | { readonly value: Tensor } | NestedArray | TypedArray;

/**
 * An n-dimensional array of numbers. Immutable: every operation gives a new one.
 *
 * Inside of a compiled function (a layer's `call`, a loss, a function given to `compile`) tensors are symbolic:
 * they have a shape and a dtype, but their numbers exist only when the program runs.
 *
 * @see https://keras.io/api/ops/
 */
export class Tensor implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly #content: TypedArray | Value;

  /** Made by `tensor(…)` and by operations. */
  constructor(content: TypedArray | Value, type: TensorType) {
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.#content = content;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether this stands for an array that a program will compute. */
  get isSymbolic(): boolean {
    return this.#content instanceof Value;
  }

  /**
   * The elements, row-major (bool as 0 and 1). Not a copy: treat it as read-only.
   * @throws if the tensor is symbolic
   */
  get data(): TypedArray {
    if (this.#content instanceof Value) {
      throw new Error(
        `This tensor of type ${formatType(this)} is symbolic: its numbers exist only when the compiled program runs. ` +
          "Return it from the compiled function and read it there.",
      );
    }
    return this.#content;
  }

  /** The place in the graph that is being traced, if symbolic. */
  get symbol(): Value | undefined {
    return this.#content instanceof Value ? this.#content : undefined;
  }

  /** The elements as nested arrays (a number for a scalar; bool as true and false). */
  toArray(): NestedArray {
    const { data, shape, dtype } = this;
    const read = (axis: number, offset: number, size: number): NestedArray => {
      if (axis === shape.length) return dtype === "bool" ? data[offset] !== 0 : data[offset];
      const step = size / Math.max(shape[axis], 1);
      return Array.from({ length: shape[axis] }, (_, i) => read(axis + 1, offset + i * step, step));
    };
    return read(0, 0, this.size);
  }

  /**
   * The only element.
   * @throws if there is not exactly one
   */
  item(): number {
    if (this.size !== 1) {
      throw new Error(
        `item() needs a tensor with exactly one element. Received: shape=${formatShape(this.shape)}`,
      );
    }
    return this.data[0];
  }

  /** As NumPy prints an array. */
  toString(): string {
    return this.isSymbolic ? `<symbolic tensor ${formatType(this)}>` : formatArray(this.data, this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.isSymbolic
      ? this.toString()
      : `${this.toString()}\nshape ${formatShape(this.shape)}, ${this.dtype}`;
  }

  // ---- arithmetic, with broadcasting and Keras's dtype promotion

  add(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.add);
  }
  sub(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.sub);
  }
  mul(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.mul);
  }
  /** True division: the result is float32. */
  div(other: TensorLike): Tensor {
    return apply([this, other], (x, y) => lax.div(...(together([x, y], "float32") as [Value, Value])));
  }
  pow(other: TensorLike): Tensor {
    return apply([this, other], (x, y) => lax.pow(...(together([x, y], "float32") as [Value, Value])));
  }
  maximum(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.max);
  }
  minimum(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.min);
  }
  neg(): Tensor {
    return apply([this], (x) => lax.neg(x as Value));
  }
  abs(): Tensor {
    return apply([this], (x) => lax.abs(x as Value));
  }
  sqrt(): Tensor {
    return apply([this], (x) => lax.sqrt(asFloat(x)));
  }
  exp(): Tensor {
    return apply([this], (x) => lax.exp(asFloat(x)));
  }
  log(): Tensor {
    return apply([this], (x) => lax.log(asFloat(x)));
  }

  // ---- comparison, giving bool

  equal(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.eq);
  }
  notEqual(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.ne);
  }
  less(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.lt);
  }
  lessEqual(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.le);
  }
  greater(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.gt);
  }
  greaterEqual(other: TensorLike): Tensor {
    return applyPromoted([this, other], lax.ge);
  }

  // ---- shape

  /** The same elements in another shape; one size may be −1 and is then worked out. */
  reshape(shape: readonly number[]): Tensor {
    const complete = completeShape(this.shape, shape);
    // no arithmetic: share the memory
    if (!this.isSymbolic && !isTracing())
      return new Tensor(this.data, { shape: complete, dtype: this.dtype });
    return apply([this], (x) => lax.reshape(x as Value, complete));
  }

  /** Axes in the order `permutation` (default: reversed). */
  transpose(permutation: readonly number[] = this.shape.map((_, axis) => this.rank - 1 - axis)): Tensor {
    return apply([this], (x) => lax.transpose(x as Value, permutation));
  }

  /** The part at index `i` of the first axis (negative: from the end), and so on for further indices. */
  at(...indices: number[]): Tensor {
    if (indices.length > this.rank) {
      throw new Error(
        `at() received ${indices.length} indices for a tensor of shape ${formatShape(this.shape)}.`,
      );
    }
    const start = indices.map((index, axis) => {
      const size = this.shape[axis];
      const normal = index < 0 ? index + size : index;
      if (!Number.isInteger(index) || normal < 0 || normal >= size) {
        throw new Error(
          `Index ${index} is out of range for axis ${axis} of size ${size} (shape ${formatShape(this.shape)}).`,
        );
      }
      return normal;
    });
    const rest = this.shape.slice(indices.length);
    if (!this.isSymbolic && !isTracing()) {
      // leading indices select contiguous elements: share the memory
      const size = sizeOf(rest);
      const offset = start.reduce((sum, index, axis) => sum * this.shape[axis] + index, 0) * size;
      return new Tensor(this.data.subarray(offset, offset + size), { shape: rest, dtype: this.dtype });
    }
    return this.slice(start, [...indices.map(() => 1), ...rest]).reshape(rest);
  }

  /**
   * `size` elements from `start` on, for each axis (missing axes are taken whole; a size of −1 means up to the end).
   * @throws if the slice reaches outside
   */
  slice(start: number | readonly number[], size?: number | readonly number[]): Tensor {
    const starts = typeof start === "number" ? [start] : start;
    const sizes = size === undefined ? [] : typeof size === "number" ? [size] : size;
    const from = this.shape.map((_, axis) => starts[axis] ?? 0);
    const to = this.shape.map((extent, axis) => {
      const count = sizes[axis] ?? -1;
      return count === -1 ? extent : from[axis] + count;
    });
    for (const [axis, extent] of this.shape.entries()) {
      if (from[axis] < 0 || to[axis] > extent || to[axis] < from[axis] || starts.length > this.rank) {
        throw new Error(
          `slice() reaches outside of axis ${axis} of shape ${formatShape(this.shape)}: start=${from[axis]}, size=${to[axis] - from[axis]}`,
        );
      }
    }
    const whole = this.shape.slice(1).every((extent, i) => from[i + 1] === 0 && to[i + 1] === extent);
    if (!this.isSymbolic && !isTracing() && this.rank > 0 && whole) {
      const row = sizeOf(this.shape.slice(1));
      const shape = [to[0] - from[0], ...this.shape.slice(1)];
      return new Tensor(this.data.subarray(from[0] * row, to[0] * row), { shape, dtype: this.dtype });
    }
    return apply([this], (x) => lax.slice(x as Value, from, to));
  }

  /** Converted to `dtype`; floats are truncated towards zero. */
  astype(dtype: DType): Tensor {
    if (dtype === this.dtype) return this;
    return apply([this], (x) => lax.convert(x as Value, dtype));
  }

  // ---- reductions: over `axis` (one, several, default all); `keepdims` keeps axes of size 1

  sum(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => lax.reduceSum(inWords(x), axes));
  }
  /** float32 */
  mean(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => meanOf(asFloat(x), axes));
  }
  max(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => convertedBack(x, (y) => lax.reduceMax(y, axes)));
  }
  min(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => convertedBack(x, (y) => lax.reduceMin(y, axes)));
  }
  /** Whether all elements are not zero. */
  all(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => lax.reduceAnd(lax.convert(x, "bool"), axes));
  }
  /** Whether any element is not zero. */
  any(axis?: Axes, keepdims = false): Tensor {
    return this.#reduce(axis, keepdims, (x, axes) => lax.reduceOr(lax.convert(x, "bool"), axes));
  }
  /** Position of the largest element (the first of equal ones), int32; without `axis`, in the flattened tensor. */
  argmax(axis?: number | null, keepdims = false): Tensor {
    return this.#position(axis, keepdims, lax.argmax);
  }
  /** Position of the smallest element (the first of equal ones), int32; without `axis`, in the flattened tensor. */
  argmin(axis?: number | null, keepdims = false): Tensor {
    return this.#position(axis, keepdims, lax.argmin);
  }

  #reduce(
    axis: Axes | undefined,
    keepdims: boolean,
    reduce: (x: Value, axes: readonly number[]) => Value,
  ): Tensor {
    const axes = normalizeAxes(axis, this.rank);
    return apply([this], (x) => {
      const result = reduce(x as Value, axes);
      return keepdims
        ? lax.reshape(
            result,
            this.shape.map((extent, a) => (axes.includes(a) ? 1 : extent)),
          )
        : result;
    });
  }

  #position(
    axis: number | null | undefined,
    keepdims: boolean,
    find: (x: Value, axis: number) => Value,
  ): Tensor {
    const at = axis === undefined || axis === null ? undefined : normalizeAxis(axis, this.rank);
    return apply([this], (x) => {
      const { dtype } = x as Value;
      const words = dtype === "uint8" || dtype === "bool" ? lax.convert(x as Value, "int32") : (x as Value);
      const found = at === undefined ? find(lax.reshape(words, [this.size]), 0) : find(words, at);
      if (!keepdims) return found;
      return lax.reshape(
        found,
        this.shape.map((extent, a) => (at === undefined || a === at ? 1 : extent)),
      );
    });
  }
}

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

export function normalizeAxes(axis: Axes | null | undefined, rank: number): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, a) => a);
  const axes = typeof axis === "number" ? [axis] : axis;
  return [...new Set(axes.map((a) => normalizeAxis(a, rank)))].sort((a, b) => a - b);
}

/** Small integers as 32-bit ones: sums outgrow them. */
function inWords(x: Value): Value {
  if (x.dtype === "bool") return lax.convert(x, "int32");
  return x.dtype === "uint8" ? lax.convert(x, "uint32") : x;
}

/** Sum divided by count. */
export function meanOf(x: Value, axes: readonly number[]): Value {
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  return lax.div(lax.reduceSum(x, axes), count);
}

/** Small integers are compared as int32 and given back in their own type. */
function convertedBack(x: Value, compute: (x: Value) => Value): Value {
  return x.dtype === "uint8" || x.dtype === "bool"
    ? lax.convert(compute(lax.convert(x, "int32")), x.dtype)
    : compute(x);
}

/** Replaces a −1 and checks that the sizes agree. */
export function completeShape(from: Shape, to: readonly number[]): number[] {
  const unknown = to.filter((extent) => extent === -1).length;
  const known = to.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const size = sizeOf(from);
  const missing = unknown === 1 && known > 0 ? size / known : 1;
  const shape = to.map((extent) => (extent === -1 ? missing : extent));
  const valid =
    unknown <= 1 &&
    shape.every((extent) => Number.isInteger(extent) && extent >= 0) &&
    sizeOf(shape) === size;
  if (!valid) {
    throw new Error(
      `Cannot reshape a tensor of shape ${formatShape(from)} (${size} elements) to ${formatShape(to)}.`,
    );
  }
  return shape;
}

/**
 * A tensor from nested arrays or a typed array.
 *
 * @param data numbers or booleans, nested as deep as there are axes; or a typed array
 * @param shape default: the nesting, or one axis for a typed array
 * @param dtype default: float32 for numbers, bool for booleans, the typed array's own type (64-bit floats become
 *   float32, 64-bit integers int32)
 * @throws if rows differ in length or `shape` does not fit
 */
export function tensor(
  data: NestedArray | ArrayLike<number> | BigInt64Array,
  shape?: readonly number[],
  dtype?: DType,
): Tensor {
  const nested = nestedData(data, dtype);
  return new Tensor(nested.data, {
    shape: shape ? completeShape(nested.shape, shape) : nested.shape,
    dtype: nested.dtype,
  });
}

/** Anything tensor-like as a tensor; `dtype` is only used for what is not a tensor yet. */
export function toTensor(x: TensorLike, dtype?: DType): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === "object" && x !== null && "value" in x) return x.value;
  return tensor(x, undefined, dtype);
}

/** The value of a tensor in the graph that is being traced. */
export function valueOf(x: TensorLike): Value {
  const t = toTensor(x);
  const graph = currentGraph();
  const { symbol } = t;
  if (symbol) return symbol.graph === graph ? symbol : (graph.capture?.(symbol) ?? symbol);
  return graph.constant(t.data, { shape: t.shape, dtype: t.dtype });
}

/**
 * Applies a function of values to tensors: appends to the graph that is being traced, or else runs at once.
 * Numbers reach `compute` as numbers, so that they take the type of what they meet.
 */
export function apply(inputs: readonly TensorLike[], compute: (...inputs: Operand[]) => Value): Tensor {
  return applyAll(inputs, (...values) => [compute(...values)])[0];
}

/** The same for several results. */
export function applyAll(
  inputs: readonly TensorLike[],
  compute: (...inputs: Operand[]) => readonly Value[],
): Tensor[] {
  const operands = inputs.map((x) => (typeof x === "number" ? x : toTensor(x)));
  if (isTracing()) {
    return compute(...operands.map((o) => (typeof o === "number" ? o : valueOf(o)))).map(
      (v) => new Tensor(v, v),
    );
  }
  const graph = new Graph();
  const given: Tensor[] = [];
  withGraph(graph, () => {
    const values = operands.map((o) => {
      if (typeof o === "number") return o;
      given.push(o);
      return graph.input({ shape: o.shape, dtype: o.dtype });
    });
    graph.outputs = [...compute(...values)];
  });
  return executeGraph(graph, given).map((array) => new Tensor(array.data, array));
}

/** Applies a primitive of two operands after dtype promotion. */
export function applyPromoted(
  inputs: readonly [TensorLike, TensorLike],
  compute: (x: Value, y: Value) => Value,
): Tensor {
  return apply(inputs, (x, y) => compute(...(together([x, y], resultType(x, y)) as [Value, Value])));
}

/** Whether two types are equal. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** Zeroed storage for a type. */
export function emptyArray(type: TensorType): TypedArray {
  return newArray(type.dtype, sizeOf(type.shape));
}
