import { platform } from "#platform";
import { applyConstraint } from "../constraints/weights.js";
import { full } from "../ops/arrays.js";
import { runOnce } from "../ops/compile.js";
import {
  add,
  clip,
  divide,
  equal,
  floorDivide,
  maximum,
  minimum,
  mod,
  multiply,
  notEqual,
  square,
  subtract,
  where,
} from "../ops/elementwise.js";
import { type Tensor, type TensorLike, tensor, toTensor } from "../ops/tensor.js";
import { eagerly, Trace } from "../ops/trace.js";
import { Variable } from "../ops/variable.js";
import { assignFromStore, type WeightStore } from "../ops/weightStore.js";
import { formatShape, type Shape, sameShape } from "../tensor/shape.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import { type Config, camelCaseKeys, isSerializedObject, serializeObject } from "../utils/serialization.js";
import { LearningRateSchedule } from "./schedules/schedule.js";

/** A number or a schedule. */
export type LearningRate = number | LearningRateSchedule;

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
  /** Steps whose gradients are averaged before the weights are changed. Default: each step changes them. */
  readonly gradientAccumulationSteps?: number | null;
}

/** A variable that each weight needs. */
export interface SlotKind {
  readonly name: string;
  /** Its first value. Default 0. */
  readonly initial?: number;
  /** Its shape for a weight. Default: the weight's; undefined: this weight needs none. */
  readonly shape?: (weight: Variable) => Shape | undefined;
  /** Its path. Default: the optimizer's name, then the weight's path and the kind. */
  readonly path?: (weight: Variable) => string;
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
  readonly gradientAccumulationSteps: number | null;
  /** Steps taken, int32. */
  readonly iterations: Variable;
  readonly #learningRate: Variable | LearningRateSchedule;
  #trainable: readonly Variable[] | undefined;
  /** For each kind of slot, one variable for each weight. */
  readonly #slots = new Map<string, (Variable | undefined)[]>();
  readonly #extra: Variable[] = [];
  #averages: Variable[] = [];
  #accumulators: Variable[] = [];

  /** @throws if a number is out of range, or more than one kind of clipping is asked for */
  constructor(learningRate: LearningRate, options: OptimizerOptions = {}) {
    const { className } = this.constructor as typeof Optimizer;
    this.name = options.name ?? uniqueName(snakeCase(className));
    const rate = learningRate;
    if (isSerializedObject(rate)) {
      throw new Error(
        `Optimizer '${this.name}' was given the configuration of a learning-rate schedule: make the optimizer by \`optimizers.deserialize\`, or the schedule by \`optimizers.schedules.deserialize\`.`,
      );
    }
    if (!(rate instanceof LearningRateSchedule) && !(rate >= 0)) {
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
    this.gradientAccumulationSteps = options.gradientAccumulationSteps ?? null;
    for (const name of ["emaOverwriteFrequency", "gradientAccumulationSteps"] as const) {
      const value = this[name];
      if (value !== null && !(Number.isInteger(value) && value > (name === "emaOverwriteFrequency" ? 0 : 1)))
        throw new Error(
          `\`${snakeCase(name)}\` must be an integer ${name === "emaOverwriteFrequency" ? ">= 1" : ">= 2"} or null. Received: ${snakeCase(name)}=${value}`,
        );
    }
    if (!(this.emaMomentum >= 0 && this.emaMomentum <= 1))
      throw new Error(
        `\`ema_momentum\` must be in the range [0, 1]. Received: ema_momentum=${this.emaMomentum}`,
      );
    this.iterations = new Variable(tensor([0], [], "int32"), {
      name: "iteration",
      path: `${this.name}/iteration`,
      trainable: false,
    });
    this.#learningRate =
      rate instanceof LearningRateSchedule
        ? rate
        : new Variable(tensor(rate), {
            name: "learning_rate",
            path: `${this.name}/learning_rate`,
            trainable: false,
          });
  }

  /** The kinds of variables that each weight needs. Kinds in one list are interleaved. */
  protected abstract slotGroups(): readonly (readonly SlotKind[])[];

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
    variable: Variable,
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
    const make = (weight: Variable, { name, initial = 0, shape, path }: SlotKind) => {
      const size = shape ? shape(weight) : weight.shape;
      if (!size) return undefined;
      return new Variable(
        eagerly(() => full(size, initial)),
        {
          name,
          path: path ? path(weight) : `${this.name}/${weight.path.replaceAll("/", "_")}_${name}`,
          trainable: false,
        },
      );
    };
    const each = (name: string) => variables.map((weight) => make(weight, { name }) as Variable);
    if (this.useEma) this.#averages = each("average");
    if (this.gradientAccumulationSteps) this.#accumulators = each("gradient_accumulator");
    for (const group of this.slotGroups()) for (const { name } of group) this.#slots.set(name, []);
    for (const group of this.slotGroups()) {
      for (const weight of variables)
        for (const kind of group) this.#slots.get(kind.name)?.push(make(weight, kind));
    }
    for (const { name, initial } of this.extraVariables())
      this.#extra.push(new Variable(tensor(initial), { name, path: name, trainable: false }));
  }

  /** All state: iteration, learning rate, then the slots in Keras's order. */
  get variables(): Variable[] {
    const groups = this.slotGroups().flatMap((group) =>
      (this.#trainable ?? []).flatMap((_, i) =>
        group.flatMap(({ name }) => this.#slots.get(name)?.[i] ?? []),
      ),
    );
    return [
      this.iterations,
      ...(this.#learningRate instanceof Variable ? [this.#learningRate] : []),
      ...this.#averages,
      ...this.#accumulators,
      ...groups,
      ...this.#extra,
    ];
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    if (this.#learningRate instanceof Variable) return this.#learningRate.value.item();
    return runOnce([], () => this.#currentLearningRate()).item();
  }

  /** @throws if the optimizer was made with a schedule */
  set learningRate(value: number) {
    if (!(this.#learningRate instanceof Variable)) {
      throw new Error(
        `This optimizer ('${this.name}') was created with a \`LearningRateSchedule\` object as its \`learning_rate\` constructor argument, hence its learning rate is not settable. If you need the learning rate to be settable, you should instantiate the optimizer with a float \`learning_rate\` argument.`,
      );
    }
    this.#learningRate.assign(tensor(value));
  }

  #currentLearningRate(): Tensor {
    if (this.#learningRate instanceof Variable) return this.#learningRate.value;
    return this.#learningRate.call(this.iterations.value.astype("float32")).astype("float32").reshape([]);
  }

  /** Whether the learning rate follows a schedule. */
  protected get scheduled(): boolean {
    return !(this.#learningRate instanceof Variable);
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
    const every = this.gradientAccumulationSteps;
    if (every) this.#accumulate(gradients, variables, every);
    else this.#updateAll(gradients, variables);
    if (this.useEma) this.#updateAverages(this.#trainable as readonly Variable[]);
    for (const variable of variables) applyConstraint(variable);
    this.iterations.assign(add(this.iterations, 1));
  }

  /** How often the weights were changed, int32. */
  #updates(): Tensor {
    const every = this.gradientAccumulationSteps;
    return every ? floorDivide(this.iterations, every) : this.iterations.value;
  }

  #updateAll(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    const context = {
      learningRate: this.#currentLearningRate(),
      step: add(this.#updates(), 1).astype("float32"),
    };
    const weights = this.#trainable as readonly Variable[];
    this.beginStep(context);
    for (const [i, gradient] of this.#clipped(gradients).entries()) {
      const variable = variables[i];
      const position = weights.indexOf(variable);
      let weight = variable.value;
      const decay = this.weightDecayOf(variable);
      if (decay) weight = subtract(weight, multiply(multiply(weight, decay), context.learningRate));
      const slot = (name: string) => this.#slots.get(name)?.[position] as Variable;
      variable.assign(this.update(weight, gradient, slot, context, variable));
    }
    this.endStep(context);
  }

  /** The share of a weight that is taken off at each step, times the learning rate. */
  protected weightDecayOf(_variable: Variable): number | null {
    return this.weightDecay;
  }

  /** Adds gradients up, and changes the weights by their mean at every `every`-th step; the program computes both. */
  #accumulate(gradients: readonly Tensor[], variables: readonly Variable[], every: number): void {
    const weights = this.#trainable as readonly Variable[];
    const accumulators = variables.map((variable) => this.#accumulators[weights.indexOf(variable)]);
    const sums = gradients.map((gradient, i) => add(gradient, accumulators[i]));
    const now = isMultiple(add(this.iterations, 1), every);
    const slots = [...this.#slots.values()].flat().filter((slot) => slot !== undefined);
    const changing = [...variables, ...slots, ...this.#extra];
    const before = changing.map((variable) => variable.value);
    this.#updateAll(
      sums.map((sum) => divide(sum, every)),
      variables,
    );
    for (const [i, variable] of changing.entries()) variable.assign(where(now, variable, before[i]));
    for (const [i, accumulator] of accumulators.entries()) accumulator.assign(where(now, 0, sums[i]));
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
    const updates = this.#updates();
    const now = every ? isMultiple(add(updates, 1), every) : undefined;
    // the first step's averages are its weights
    const momentum = multiply(notEqual(updates, 0).astype("float32"), this.emaMomentum);
    for (const [i, weight] of weights.entries()) {
      const average = this.#averages[i];
      average.assign(add(multiply(momentum, average), multiply(subtract(1, momentum), weight)));
      if (now) weight.assign(where(now, average, weight));
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

  /** Puts all state into `store`, as weights files keep it. */
  saveOwnVariables(store: Map<string, Tensor>): void {
    for (const [i, variable] of this.variables.entries()) store.set(String(i), variable.value);
  }

  /**
   * Takes what `saveOwnVariables` has put there. State of another number of variables is left out with a warning, as in Keras.
   * @throws if a shape differs
   */
  loadOwnVariables(store: WeightStore): void {
    const { variables, name } = this;
    const saved = store.names().length;
    if (saved === variables.length) assignFromStore(`Optimizer '${name}'`, variables, store);
    else
      warnOnce(
        `Skipping variable loading for optimizer '${name}', because it has ${variables.length} variables whereas the saved optimizer has ${saved} variables.\n`,
      );
  }

  saveableChildren(): [] {
    return [];
  }

  getConfig(): Config {
    return {
      name: this.name,
      learning_rate:
        this.#learningRate instanceof Variable
          ? this.#learningRate.value.item()
          : serializeObject(this.#learningRate),
      weight_decay: this.weightDecay,
      clipnorm: this.clipnorm,
      global_clipnorm: this.globalClipnorm,
      clipvalue: this.clipvalue,
      use_ema: this.useEma,
      ema_momentum: this.emaMomentum,
      ema_overwrite_frequency: this.emaOverwriteFrequency,
      loss_scale_factor: null,
      gradient_accumulation_steps: this.gradientAccumulationSteps,
    };
  }

  /** An optimizer from what `getConfig` has given: by default, the constructor gets it with camelCase keys. */
  static fromConfig(config: Readonly<Record<string, unknown>>): Optimizer {
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    return new (this as unknown as new (options: object) => Optimizer)(camelCaseKeys(config));
  }
}

/** Whether an integer is divisible by another. */
function isMultiple(value: Tensor, divisor: number): Tensor {
  return equal(mod(value, divisor), 0);
}

const warnings = new Set<string>();

/** Python shows equal warnings once. */
function warnOnce(text: string): void {
  if (!warnings.has(text)) platform.writeError(text);
  warnings.add(text);
}
