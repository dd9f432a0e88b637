import { applyConstraint } from "../constraints/weights.js";
import { zeros } from "../ops/arrays.js";
import { runOnce } from "../ops/compile.js";
import {
  add,
  clip,
  divide,
  equal,
  maximum,
  minimum,
  multiply,
  square,
  subtract,
  where,
} from "../ops/elementwise.js";
import { type Tensor, type TensorLike, tensor, toTensor } from "../ops/tensor.js";
import { eagerly, Trace } from "../ops/trace.js";
import { Variable } from "../ops/variable.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import type { Config } from "../utils/serialization.js";

/** Options of every optimizer. */
export interface OptimizerOptions {
  readonly name?: string;
  /** Share of each weight that is taken off at each step, times the learning rate. Default none. */
  readonly weightDecay?: number | null;
  /** Limit on each gradient's norm. Default none. */
  readonly clipnorm?: number | null;
  /** Limit on the elements of gradients. Default none. */
  readonly clipvalue?: number | null;
  /** Limit on the norm of all gradients together. Default none. */
  readonly globalClipnorm?: number | null;
  /** Whether moving averages of the weights are kept. Default false. */
  readonly useEma?: boolean;
  /** Default 0.99. */
  readonly emaMomentum?: number;
  /** Steps after which the weights are replaced by their averages. Default: only at the end. */
  readonly emaOverwriteFrequency?: number | null;
}

/** What `update` may use of the current step. */
export interface UpdateContext {
  readonly learningRate: Tensor;
  /** Number of this step, from 1, as float32. */
  readonly step: Tensor;
}

/**
 * Changes weights so that the loss gets smaller. Its state is in variables, and the update is part of the compiled step.
 *
 * Subclasses define `slots` (the names of the variables that each weight needs) and `update`.
 *
 * @see https://keras.io/api/optimizers/
 */
export abstract class Optimizer {
  static readonly className: string = "Optimizer";
  static readonly module: string | null = "keras.optimizers";

  readonly name: string;
  readonly weightDecay: number | null;
  readonly clipnorm: number | null;
  readonly clipvalue: number | null;
  readonly globalClipnorm: number | null;
  readonly useEma: boolean;
  readonly emaMomentum: number;
  readonly emaOverwriteFrequency: number | null;
  /** Steps taken, int32. */
  readonly iterations: Variable;
  readonly #learningRate: Variable;
  #trainable: readonly Variable[] | undefined;
  /** For each kind of slot, one variable for each weight. */
  readonly #slots = new Map<string, Variable[]>();
  readonly #extra: Variable[] = [];
  #averages: Variable[] = [];

  /** @throws if a number is out of range, or more than one kind of clipping is asked for */
  constructor(learningRate: number, options: OptimizerOptions = {}) {
    const { className } = this.constructor as typeof Optimizer;
    this.name = options.name ?? uniqueName(snakeCase(className));
    if (!(learningRate >= 0)) {
      throw new Error(
        `Argument \`learning_rate\` should be a non-negative float. Received: learning_rate=${String(learningRate)}`,
      );
    }
    this.weightDecay = options.weightDecay ?? null;
    this.clipnorm = options.clipnorm ?? null;
    this.clipvalue = options.clipvalue ?? null;
    this.globalClipnorm = options.globalClipnorm ?? null;
    for (const name of ["clipnorm", "clipvalue", "globalClipnorm", "weightDecay"] as const) {
      const value = this[name];
      if (value !== null && !(value >= 0))
        throw new Error(
          `Argument \`${snakeCase(name)}\` should be a non-negative float. Received: ${snakeCase(name)}=${value}`,
        );
    }
    if ([this.clipnorm, this.clipvalue, this.globalClipnorm].filter((value) => value !== null).length > 1) {
      throw new Error("Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.");
    }
    this.useEma = options.useEma ?? false;
    this.emaMomentum = options.emaMomentum ?? 0.99;
    this.emaOverwriteFrequency = options.emaOverwriteFrequency ?? null;
    this.iterations = new Variable(tensor([0], [], "int32"), {
      name: "iteration",
      path: `${this.name}/iteration`,
      trainable: false,
    });
    this.#learningRate = new Variable(tensor(learningRate), {
      name: "learning_rate",
      path: `${this.name}/learning_rate`,
      trainable: false,
    });
  }

  /** The kinds of variables that each weight needs, with their first value (default 0). Kinds in one list are interleaved. */
  protected abstract slotGroups(): readonly (readonly {
    readonly name: string;
    readonly initial?: number;
  }[])[];

  /** Scalars of the optimizer's own, after the slots. */
  protected extraVariables(): readonly { readonly name: string; readonly initial: number }[] {
    return [];
  }

  /** The new content of a weight; assigns its slots. */
  protected abstract update(
    weight: Tensor,
    gradient: Tensor,
    slot: (name: string) => Variable,
    context: UpdateContext,
  ): Tensor;

  /** Called once a step before the updates. */
  protected beginStep(_context: UpdateContext): void {}
  /** Called once a step after the updates. */
  protected endStep(_context: UpdateContext): void {}

  protected extra(index: number): Variable {
    return this.#extra[index];
  }

  get built(): boolean {
    return this.#trainable !== undefined;
  }

  /** The weights that it was built for. */
  get trainableVariables(): readonly Variable[] {
    return this.#trainable ?? [];
  }

  /** Makes the state for these weights. */
  build(variables: readonly Variable[]): void {
    if (this.#trainable) return;
    this.#trainable = [...variables];
    const make = (weight: Variable, name: string, initial = 0) =>
      new Variable(
        eagerly(() => (initial === 0 ? zeros(weight.shape) : zeros(weight.shape).add(initial))),
        {
          name,
          path: `${this.name}/${weight.path.replaceAll("/", "_")}_${name}`,
          trainable: false,
        },
      );
    for (const group of this.slotGroups()) for (const { name } of group) this.#slots.set(name, []);
    for (const group of this.slotGroups()) {
      for (const weight of variables)
        for (const { name, initial } of group) this.#slots.get(name)?.push(make(weight, name, initial));
    }
    for (const { name, initial } of this.extraVariables())
      this.#extra.push(new Variable(tensor(initial), { name, path: name, trainable: false }));
    if (this.useEma) this.#averages = variables.map((weight) => make(weight, "average"));
  }

  /** All state: iteration, learning rate, then the slots in Keras's order. */
  get variables(): Variable[] {
    const groups = this.slotGroups().flatMap((group) =>
      (this.#trainable ?? []).flatMap((_, i) =>
        group.map(({ name }) => this.#slots.get(name)?.[i] as Variable),
      ),
    );
    return [this.iterations, this.#learningRate, ...this.#averages, ...groups, ...this.#extra];
  }

  get learningRate(): number {
    return this.#learningRate.value.item();
  }

  set learningRate(value: number) {
    this.#learningRate.assign(tensor(value));
  }

  /**
   * One step: changes `variables` (default: those it was built for) by their gradients.
   * @throws if there are not as many gradients as variables, or a shape differs
   */
  apply(gradients: readonly TensorLike[], variables?: readonly Variable[]): void {
    if (variables) this.build(variables);
    const weights = this.#trainable;
    if (!weights)
      throw new Error(
        `Optimizer '${this.name}' needs the variables at its first step: optimizer.apply(gradients, variables).`,
      );
    const unknown = variables?.find((variable) => !weights.includes(variable));
    if (unknown)
      throw new Error(
        `Unknown variable: '${unknown.path}'. This optimizer can only be called for the variables it was originally built with.`,
      );
    const targets = variables ?? weights;
    if (gradients.length !== targets.length) {
      throw new Error(
        `Expected one gradient for each of ${targets.length} variables. Received: ${gradients.length} gradients.`,
      );
    }
    const given = gradients.map((gradient) => toTensor(gradient));
    for (const [i, { shape }] of given.entries()) {
      if (!sameShape(shape, targets[i].shape)) {
        throw new Error(
          `The gradient of '${targets[i].path}' should have shape ${formatShape(targets[i].shape)}. Received: ${formatShape(shape)}`,
        );
      }
    }
    if (Trace.active) this.#step(given, targets);
    else {
      runOnce(given, (...symbols) => {
        this.#step(symbols, targets);
        return null;
      });
    }
  }

  #step(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    const context = {
      learningRate: this.#learningRate.value,
      step: add(this.iterations, 1).astype("float32"),
    };
    const weights = this.#trainable as readonly Variable[];
    this.beginStep(context);
    for (const [i, gradient] of this.#clipped(gradients).entries()) {
      const variable = variables[i];
      const position = weights.indexOf(variable);
      let weight = variable.value;
      if (this.weightDecay)
        weight = subtract(weight, multiply(multiply(weight, this.weightDecay), context.learningRate));
      variable.assign(
        this.update(weight, gradient, (name) => this.#slots.get(name)?.[position] as Variable, context),
      );
    }
    this.endStep(context);
    if (this.useEma) this.#updateAverages(weights);
    for (const variable of variables) applyConstraint(variable);
    this.iterations.assign(add(this.iterations, 1));
  }

  #clipped(gradients: readonly Tensor[]): readonly Tensor[] {
    const { clipnorm, clipvalue, globalClipnorm } = this;
    if (clipnorm !== null && clipnorm > 0) {
      return gradients.map((g) => divide(multiply(g, clipnorm), maximum(square(g).sum().sqrt(), clipnorm)));
    }
    if (clipvalue !== null && clipvalue > 0) return gradients.map((g) => clip(g, -clipvalue, clipvalue));
    if (globalClipnorm !== null && globalClipnorm > 0) {
      const norm = gradients
        .map((g) => square(g).sum())
        .reduce((a, b) => add(a, b))
        .sqrt();
      const factor = multiply(minimum(divide(1, norm), 1 / globalClipnorm), globalClipnorm);
      return gradients.map((g) => multiply(g, factor));
    }
    return gradients;
  }

  #updateAverages(weights: readonly Variable[]): void {
    const every = this.emaOverwriteFrequency;
    // the first average is the weight itself
    const momentum = where(equal(this.iterations, 0), 0, this.emaMomentum).astype("float32");
    for (const [i, weight] of weights.entries()) {
      const average = this.#averages[i];
      average.assign(add(multiply(momentum, average), multiply(subtract(1, momentum), weight)));
      if (!every) continue;
      const step = add(this.iterations, 1);
      const now = equal(subtract(step, multiply(step.div(every).astype("int32"), every)), 0);
      weight.assign(where(now, average, weight));
    }
  }

  /** At the end of training: the weights become their moving averages, if these are kept. */
  finalizeVariableValues(): void {
    // before the first step there are no averages
    if (!this.useEma || this.iterations.value.item() === 0) return;
    for (const [i, weight] of (this.#trainable ?? []).entries()) weight.assign(this.#averages[i].value);
  }

  /** The moving averages of `trainableVariables`, one each; none without `useEma`. */
  get movingAverages(): readonly Variable[] {
    return this.#averages;
  }

  getConfig(): Config {
    return {
      name: this.name,
      learning_rate: this.learningRate,
      weight_decay: this.weightDecay,
      clipnorm: this.clipnorm,
      global_clipnorm: this.globalClipnorm,
      clipvalue: this.clipvalue,
      use_ema: this.useEma,
      ema_momentum: this.emaMomentum,
      ema_overwrite_frequency: this.emaOverwriteFrequency,
      loss_scale_factor: null,
      gradient_accumulation_steps: null,
    };
  }
}
