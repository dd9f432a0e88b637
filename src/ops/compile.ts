import type { BoundProgram, Storage, Supply } from "../backends/backend.js";
import type { Explanation } from "../backends/explanation.js";
import * as lax from "../primitives/index.js";
import { RecentlyUsed } from "../runtime/recentlyUsed.js";
import { compileGraph, currentBackend } from "../runtime/runtime.js";
import { sizeOf } from "../tensor/shape.js";
import { gradient } from "../trace/grad.js";
import { formatType, type TensorType } from "../trace/graph.js";
import { signature } from "../trace/signature.js";
import { byteLengthOf } from "./execute.js";
import { Tensor, toTensor, valueOf } from "./tensor.js";
import { type StorageHolder, Trace } from "./trace.js";
import { type Flattened, flatten, type Tree } from "./tree.js";
import { renamed, type Variable, withVariableValues } from "./variable.js";

/** The arguments of many steps. */
export interface Series extends Supply {
  /** For each argument, where those of the steps lie one after another. */
  readonly storages: readonly Storage[];
}

/**
 * A traced function, bound to the variables that it captured.
 *
 * `run(args, steps)` runs it `steps` times in one call; variables that it assigns carry over. `collect(steps, series)` does the same
 * with other arguments in each step, and keeps all results.
 */
export class Program<R extends Tree = Tree> {
  readonly trace: Trace;
  readonly #result: Flattened;
  readonly #holders: readonly StorageHolder[];
  #binding:
    | {
        storages: readonly Storage[];
        own: readonly Storage[];
        arguments: readonly Storage[];
        results: readonly Storage[];
        bound: BoundProgram;
      }
    | undefined;

  /**
   * @param types of the arguments
   * @param build is called once with symbolic tensors
   * @param options.inSeries whether each step has other arguments
   * @param options.sparse variables that are mostly 0, whose content stays the same while the program runs
   */
  constructor(
    readonly types: readonly TensorType[],
    build: (...inputs: Tensor[]) => R,
    { inSeries = false, sparse = [] }: { inSeries?: boolean; sparse?: readonly Variable[] } = {},
  ) {
    this.trace = new Trace();
    const { graph } = this.trace;
    if (inSeries) graph.advancing = types.length;
    this.#result = this.trace.run(() => {
      const inputs = types.map((type) => graph.input(type)).map((value) => new Tensor(value, value));
      return flatten(build(...inputs));
    });
    this.trace.run(() => {
      graph.outputs = this.#result.tensors.map((t) => valueOf(t));
    });
    this.#holders = [...this.trace.captured.keys()];
    for (const variable of sparse) {
      const place = this.#holders.indexOf(variable);
      if (place >= 0) graph.sparse.add(types.length + place);
    }
    for (const [holder, value] of this.trace.assigned) {
      const input = types.length + this.#holders.indexOf(holder);
      graph.updates.set(graph.outputs.length, input);
      graph.outputs.push(value);
    }
  }

  /** Runs with `args` and gives the results of the last step. */
  run(args: readonly Tensor[] = [], steps = 1): R {
    const binding = this.#bind();
    for (const [i, storage] of binding.arguments.entries()) storage.write(args[i].data);
    binding.bound.run(steps);
    const results = this.#result.tensors.map(({ shape, dtype }, i) => {
      return new Tensor(binding.results[i].read(dtype, sizeOf(shape)), { shape, dtype });
    });
    return this.#result.rebuild(results) as R;
  }

  /**
   * Runs `steps` times and gives the results of all steps: tensors with one more axis, of the steps, in front.
   * Only for programs of arguments in series.
   */
  collect(steps: number, series: Series): R {
    const binding = this.#bind(steps, series.storages);
    binding.bound.collect(steps, series);
    const results = this.#result.tensors.map(({ shape, dtype }, i) => {
      const whole = [steps, ...shape];
      return new Tensor(binding.results[i].read(dtype, sizeOf(whole)), { shape: whole, dtype });
    });
    return this.#result.rebuild(results) as R;
  }

  /** Whether another program computes the same, in the same memory. */
  sameAs(other: Program): boolean {
    const holders = other.#holders;
    return (
      this.#holders.length === holders.length &&
      this.#holders.every((holder, i) => holder === holders[i]) &&
      this.#result.structure === other.#result.structure &&
      signature(this.trace.graph) === signature(other.trace.graph)
    );
  }

  /** The types of the results of one step. */
  get results(): readonly TensorType[] {
    return this.#result.tensors;
  }

  /**
   * @param steps for the results of how many there has to be room
   * @param given where the arguments lie; without them they get memory
   */
  #bind(steps = 1, given: readonly Storage[] = []) {
    const storages = [...given, ...this.#holders.map((holder) => holder.storage())];
    const current = this.#binding;
    const fits = current?.results.every(
      (storage, i) => storage.byteLength >= steps * byteLengthOf(this.results[i]),
    );
    if (current && fits && storages.every((storage, i) => storage === current.storages[i])) return current;
    this.release();
    const backend = currentBackend();
    const args = given.length > 0 ? [] : this.types.map((type) => backend.allocate(byteLengthOf(type)));
    // as many as a call may come to have are not known yet: not for each that has a few more
    const room = 2 ** Math.ceil(Math.log2(steps));
    const results = this.results.map((type) => backend.allocate(room * byteLengthOf(type)));
    const { graph } = this.trace;
    const inputs = [...args, ...storages];
    const updated = [...graph.updates.values()].map((input) => inputs[input]);
    const bound = compileGraph(graph).bind(inputs, [...results, ...updated]);
    const binding = { storages, own: [...args, ...results], arguments: args, results, bound };
    leftovers.register(this, { bound, own: binding.own }, this);
    this.#binding = binding;
    return binding;
  }

  /**
   * What the program consists of, measured on its variables as they are and on example arguments: no variable changes.
   * @throws if the backend does not compile
   */
  explain(): Promise<Explanation> {
    const compiled = compileGraph(this.trace.graph);
    if (!compiled.explain)
      throw new Error('explain: only the backend "wasm" compiles. Call setBackend("wasm") first.');
    return compiled.explain([
      ...this.types.map(() => undefined),
      ...this.#holders.map((holder) => holder.storage()),
    ]);
  }

  /** Gives memory back at once (otherwise when the program is garbage). */
  release(): void {
    if (!this.#binding) return;
    leftovers.unregister(this);
    releaseBinding(this.#binding);
    this.#binding = undefined;
  }
}

interface Leftover {
  readonly bound: BoundProgram;
  readonly own: readonly Storage[];
}

function releaseBinding({ bound, own }: Leftover): void {
  bound.release();
  for (const storage of own) storage.release();
}

const leftovers = new FinalizationRegistry<Leftover>(releaseBinding);

/** How many programs a compiled function keeps: enough for batches of many lengths. */
const SPECIALIZATIONS = 128;

/**
 * Compiles a function of tensors (nested in arrays and objects, with numbers and strings as constants). It is traced
 * once for each combination of shapes, dtypes, constants and variables among the arguments; variables that it reads or
 * assigns, given as arguments or not, are read and updated at each call. The 128 programs that were used last are kept.
 *
 * ```ts
 * const step = compile((x: Tensor, y: Tensor) => {
 *   const [loss, gradients] = valueAndGrad(lossOf)(weights, x, y);
 *   optimizer.apply(gradients, weights);
 *   return loss;
 * });
 * ```
 */
export function compile<A extends readonly Tree[], R extends Tree>(fn: (...args: A) => R): (...args: A) => R {
  const programs = new RecentlyUsed<Program<R>>(SPECIALIZATIONS, (program) => program.release());
  return (...args) => {
    if (Trace.active) return fn(...args);
    const { tensors, variables, rebuild, structure } = flatten(args as readonly Tree[]);
    // a variable stays what it is: the program reads and updates its memory
    const given = tensors.filter((_, i) => !variables.has(i));
    const parts = tensors.map((t, i) =>
      variables.has(i) ? idOf(variables.get(i) as Variable) : formatType(t),
    );
    const key = [structure, ...parts].join(" ");
    let program = programs.get(key);
    if (!program) {
      program = new Program<R>(given, (...inputs) => {
        let next = 0;
        const leaves = tensors.map((_, i) => variables.get(i) ?? inputs[next++]);
        return fn(...(rebuild(leaves) as unknown as A));
      });
      programs.set(key, program);
    }
    return program.run(given);
  };
}

const ids = new WeakMap<Variable, number>();
let lastId = 0;

/** Tells variables apart. */
function idOf(variable: Variable): number {
  let id = ids.get(variable);
  if (id === undefined) {
    id = ++lastId;
    ids.set(variable, id);
  }
  return id;
}

/** Traces and runs a function once: variables are read and assigned, the result is concrete. */
export function runOnce<R extends Tree>(inputs: readonly Tensor[], fn: (...inputs: Tensor[]) => R): R {
  if (Trace.active) return fn(...inputs);
  const program = new Program<R>(inputs, fn);
  try {
    return program.run(inputs);
  } finally {
    program.release();
  }
}

/** The gradient with respect to an argument: tensors where it has tensors or variables. */
export type Gradients<T> = T extends Tensor | Variable
  ? Tensor
  : T extends readonly (Tensor | Variable)[]
    ? Tensor[]
    : Tree;

/** Which arguments to differentiate with respect to: a position, or several. */
export type Argnums = number | readonly number[];

/** What `grad` gives for these arguments: one gradient for a position, an array for several. */
export type GradientsOf<A extends readonly Tree[], N extends Argnums> = N extends number
  ? Gradients<A[N]>
  : N extends readonly number[]
    ? { -readonly [K in keyof N]: N[K] extends number ? Gradients<A[N[K]]> : never }
    : never;

export interface GradOptions<N extends Argnums = 0> {
  /** Default 0; an array gives an array of gradients. */
  readonly argnums?: N;
}

/**
 * The function that gives `fn`'s value and its gradient: `[value, gradient]`.
 *
 * `fn` returns a scalar float32 tensor (or `[scalar, anything else]`, which is given back as the value). The gradient
 * has the structure of the argument. An argument may be a variable, or contain variables: the gradient is then taken with
 * respect to their contents, wherever `fn` reads them (a model may be called in it: `valueAndGrad(lossOf)(model.trainableVariables)`).
 *
 * @throws if the result is not a scalar, or an argument to differentiate has no float32 tensor
 */
export function valueAndGrad<A extends readonly Tree[], R extends Tree, const N extends Argnums = 0>(
  fn: (...args: A) => R,
  options: GradOptions<N> = {},
): (...args: A) => [R, GradientsOf<A, N>] {
  const argnums: Argnums = options.argnums ?? 0;
  const numbers = typeof argnums === "number" ? [argnums] : argnums;
  return compile((...args: A): [R, Tree] => {
    const wanted = numbers.map((n) => {
      if (!(n in args))
        throw new Error(`valueAndGrad: \`argnums\` names argument ${n}, but there are ${args.length}.`);
      return flatten(args[n]);
    });
    const fresh = wanted.map(({ tensors }) => tensors.map((t) => renamed(toTensor(t))));
    const inner = [...args] as Tree[];
    // a variable is differentiated wherever `fn` reads it, also through a layer that owns it
    const standIns = new Map<Variable, Tensor>();
    for (const [i, n] of numbers.entries()) {
      const { variables, rebuild } = wanted[i];
      inner[n] = rebuild(fresh[i].map((t, j) => variables.get(j) ?? t));
      for (const [j, variable] of variables) standIns.set(variable, fresh[i][j]);
    }
    const [result, after] = withVariableValues(standIns, () => fn(...(inner as unknown as A)));
    for (const [variable, standIn] of standIns) {
      const last = after.get(variable);
      if (last && last !== standIn) variable.assign(last);
    }
    const loss = (Array.isArray(result) ? result[0] : result) as Tree;
    if (!(loss instanceof Tensor))
      throw new Error(
        "valueAndGrad: the function must return a scalar tensor, or an array that starts with one.",
      );
    const gradients = gradientsOf(loss, fresh.flat());
    let next = 0;
    const trees = wanted.map(({ tensors, rebuild }) => rebuild(tensors.map(() => gradients[next++])));
    return [result, typeof argnums === "number" ? trees[0] : trees];
  }) as (...args: A) => [R, GradientsOf<A, N>];
}

/** The function that gives `fn`'s gradient. @see valueAndGrad */
export function grad<A extends readonly Tree[], R extends Tree, const N extends Argnums = 0>(
  fn: (...args: A) => R,
  options: GradOptions<N> = {},
): (...args: A) => GradientsOf<A, N> {
  const both = valueAndGrad(fn, options) as unknown as (...args: readonly unknown[]) => [unknown, unknown];
  return (...args: A) => both(...args)[1] as GradientsOf<A, N>;
}

/**
 * Inside of a trace: the gradients of a scalar with respect to tensors it was computed from (zeros where it does
 * not depend on one).
 */
export function gradientsOf(loss: Tensor, tensors: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== "float32" || loss.size !== 1) {
    throw new Error(`Gradients are taken of a float32 scalar. Received: ${formatType(loss)}`);
  }
  for (const t of tensors) {
    if (t.dtype !== "float32")
      throw new Error(`Gradients are taken with respect to float32 tensors. Received: ${formatType(t)}`);
  }
  const seed = lax.full(loss.shape, 1, "float32");
  const results = gradient(
    [valueOf(loss)],
    [seed],
    tensors.map((t) => valueOf(t)),
    lax.sumOfCotangents,
  );
  return results.map((value, i) => {
    const result = value ?? lax.full(tensors[i].shape, 0, "float32");
    return new Tensor(result, result);
  });
}
