import type { Backend, Storage } from "../backends/backend.js";
import * as lax from "../primitives/index.js";
import { currentBackend } from "../runtime/runtime.js";
import type { DType, TypedArray } from "../tensor/dtype.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { isTracing } from "../trace/current.js";
import { byteLengthOf } from "./execute.js";
import { Tensor, type TensorLike, toTensor, valueOf } from "./tensor.js";
import { type StorageHolder, Trace } from "./trace.js";

export interface VariableOptions {
  /** Default `"variable"`. */
  readonly name?: string;
  /** Where it stands in a model, such as `"sequential/dense/kernel"`. Default: the name. */
  readonly path?: string;
  /** Whether training may change it through gradients. Default true. */
  readonly trainable?: boolean;
}

/** Values that stand in for variables inside of `withVariableValues`. */
let overrides: Map<Variable, Tensor> | undefined;

const leftovers = new FinalizationRegistry<Storage>((storage) => storage.release());

/**
 * A tensor that can be assigned: a weight, a counter, a statistic.
 *
 * Compiled programs read and update variables in place. Outside of them, `value` gives a copy of what the
 * variable holds just now.
 *
 * @see https://keras.io/api/ (keras.Variable)
 */
export class Variable implements StorageHolder {
  readonly name: string;
  path: string;
  trainable: boolean;
  readonly shape: Shape;
  readonly dtype: DType;
  #storage: Storage | undefined;
  /** The content until memory of a backend is first needed. */
  #initial: TypedArray | undefined;

  constructor(initial: TensorLike, options: VariableOptions = {}) {
    const value = toTensor(initial);
    this.shape = value.shape;
    this.dtype = value.dtype;
    this.#initial = value.data;
    this.name = options.name ?? "variable";
    this.path = options.path ?? this.name;
    this.trainable = options.trainable ?? true;
  }

  /** The current content: a symbolic tensor while a function is traced, else a copy of the numbers. */
  get value(): Tensor {
    const override = overrides?.get(this);
    if (override) return override;
    const trace = Trace.active;
    if (trace) {
      if (!isTracing()) throw new Error("A trace is active without a graph.");
      const value = trace.read(this);
      return new Tensor(value, value);
    }
    const data = this.#storage
      ? this.#storage.read(this.dtype, sizeOf(this.shape))
      : (this.#initial as TypedArray);
    return new Tensor(data, this);
  }

  /**
   * Replaces the content.
   * @throws if the shape differs
   */
  assign(value: TensorLike): void {
    const next = toTensor(value, this.dtype).astype(this.dtype);
    if (!sameShape(next.shape, this.shape)) {
      throw new Error(
        `The shape of the target variable and the shape of the target value in \`variable.assign(value)\` must match. ` +
          `variable \`${this.path}\` has shape ${formatShape(this.shape)}. Received: value of shape ${formatShape(next.shape)}`,
      );
    }
    if (overrides?.has(this)) {
      overrides.set(this, next);
    } else if (Trace.active) {
      Trace.active.write(this, valueOf(next));
    } else if (this.#storage) {
      this.#storage.write(next.data);
    } else {
      this.#initial = next.data;
    }
  }

  assignAdd(value: TensorLike): void {
    this.assign(this.value.add(value));
  }

  assignSub(value: TensorLike): void {
    this.assign(this.value.sub(value));
  }

  numpy(): TypedArray {
    return this.value.data;
  }

  /** Its memory on the current backend; moves there if needed. */
  storage(backend: Backend = currentBackend()): Storage {
    if (this.#storage?.backend === backend) return this.#storage;
    const data = this.#storage
      ? this.#storage.read(this.dtype, sizeOf(this.shape))
      : (this.#initial as TypedArray);
    this.release();
    this.#storage = backend.allocate(byteLengthOf(this));
    leftovers.register(this, this.#storage, this);
    this.#storage.write(data);
    this.#initial = undefined;
    return this.#storage;
  }

  /** Gives the backend's memory back at once (otherwise when the variable is garbage). The content is lost. */
  release(): void {
    if (!this.#storage) return;
    leftovers.unregister(this);
    this.#storage.release();
    this.#storage = undefined;
  }

  toString(): string {
    return `<Variable path=${this.path}, shape=${formatShape(this.shape)}, dtype=${this.dtype}>`;
  }
}

/**
 * Runs `compute` with other contents for some variables; assignments to these stay inside.
 * @returns the result, and the map with what the variables hold at the end
 */
export function withVariableValues<R>(
  values: ReadonlyMap<Variable, Tensor>,
  compute: () => R,
): [R, Map<Variable, Tensor>] {
  const outer = overrides;
  const inner = new Map([...(outer ?? []), ...values]);
  overrides = inner;
  try {
    return [compute(), inner];
  } finally {
    overrides = outer;
  }
}

/** A copy that has an identity of its own in the graph. */
export function renamed(x: Tensor): Tensor {
  const value = lax.identity(valueOf(x));
  return new Tensor(value, value);
}
