import { matmul } from "../ops/arrays.js";
import { add, divide, multiply, power, sqrt, square, subtract } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Config } from "../utils/serialization.js";
import { Optimizer, type SlotKind, type UpdateContext } from "./optimizer.js";
import { assigned, type LearningRateOption, type Slot } from "./optimizers.js";

export interface MuonOptions extends LearningRateOption {
  /** Default 0.9. */
  readonly adamBeta1?: number;
  /** Default 0.999. */
  readonly adamBeta2?: number;
  /** Weight decay of what Adam changes. Default 0.004. */
  readonly adamWeightDecay?: number | null;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Patterns of paths of weights that Adam changes. Default none. */
  readonly excludeLayers?: readonly string[] | null;
  /** Whether Adam changes embeddings. Default true. */
  readonly excludeEmbeddings?: boolean;
  /** Coefficients of the iteration: 3.4445, −4.775, 2.0315. */
  readonly muonA?: number;
  readonly muonB?: number;
  readonly muonC?: number;
  /** Adam's learning rate as a multiple. Default 1. */
  readonly adamLrRatio?: number;
  /** Default 0.95. */
  readonly momentum?: number;
  /** Number of Newton–Schulz iterations. Default 5. */
  readonly nsSteps?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Default 0.2; null: none. */
  readonly rmsRate?: number | null;
}

/**
 * Matrices move along their momentum made orthogonal; everything else is left to Adam (learning rate 0.001).
 * https://arxiv.org/abs/2502.16982
 */
export class Muon extends Optimizer {
  static override readonly className = "Muon";
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamWeightDecay: number | null;
  readonly epsilon: number;
  readonly excludeLayers: readonly string[];
  readonly excludeEmbeddings: boolean;
  readonly coefficients: readonly [a: number, b: number, c: number];
  readonly adamLrRatio: number;
  readonly momentum: number;
  readonly nsSteps: number;
  readonly nesterov: boolean;
  readonly rmsRate: number | null;

  constructor(options: MuonOptions = {}) {
    super(options.learningRate ?? 0.001, {
      ...options,
      weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay,
    });
    this.adamBeta1 = options.adamBeta1 ?? 0.9;
    this.adamBeta2 = options.adamBeta2 ?? 0.999;
    this.adamWeightDecay = options.adamWeightDecay === undefined ? 0.004 : options.adamWeightDecay;
    this.epsilon = options.epsilon ?? 1e-7;
    this.excludeLayers = options.excludeLayers ?? [];
    this.excludeEmbeddings = options.excludeEmbeddings ?? true;
    this.coefficients = [options.muonA ?? 3.4445, options.muonB ?? -4.775, options.muonC ?? 2.0315];
    this.adamLrRatio = options.adamLrRatio ?? 1;
    this.momentum = options.momentum ?? 0.95;
    this.nsSteps = options.nsSteps ?? 5;
    this.nesterov = options.nesterov ?? true;
    this.rmsRate = options.rmsRate === undefined ? 0.2 : options.rmsRate;
  }

  #usesAdam({ shape, path }: Variable): boolean {
    if (shape.length !== 2) return true;
    if (this.excludeEmbeddings && path.toLowerCase().includes("embedding")) return true;
    return this.excludeLayers.some((pattern) => new RegExp(pattern).test(path));
  }

  protected slotGroups(): readonly (readonly SlotKind[])[] {
    const shape = (weight: Variable) => (this.#usesAdam(weight) ? weight.shape : undefined);
    return [[{ name: "momentum" }, { name: "velocity", shape }]];
  }

  protected override weightDecayOf(variable: Variable): number | null {
    return this.#usesAdam(variable) ? this.adamWeightDecay : this.weightDecay;
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    context: UpdateContext,
    variable: Variable,
  ): Tensor {
    const m = slot("momentum");
    if (this.#usesAdam(variable)) return this.#adam(weight, gradient, m, slot("velocity"), context);
    const sum = assigned(m, add(m, add(gradient, multiply(m, this.momentum - 1))));
    const direction = this.nesterov ? add(gradient, multiply(sum, this.momentum)) : sum;
    const step = multiply(context.learningRate, this.#orthogonal(direction));
    const scale = this.rmsRate === null ? 1 : Math.sqrt(Math.max(...weight.shape)) * this.rmsRate;
    return subtract(weight, multiply(step, scale));
  }

  #adam(
    weight: Tensor,
    gradient: Tensor,
    m: Variable,
    v: Variable,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const rate = multiply(learningRate, this.adamLrRatio);
    const root = sqrt(subtract(1, power(this.adamBeta2, step)));
    const alpha = divide(multiply(rate, root), subtract(1, power(this.adamBeta1, step)));
    const first = assigned(m, add(m, multiply(subtract(gradient, m), 1 - this.adamBeta1)));
    const second = assigned(v, add(v, multiply(subtract(square(gradient), v), 1 - this.adamBeta2)));
    return subtract(weight, divide(multiply(first, alpha), add(sqrt(second), this.epsilon)));
  }

  /** All singular values brought near 1, by an odd polynomial again and again. */
  #orthogonal(matrix: Tensor): Tensor {
    const [a, b, c] = this.coefficients;
    const tall = matrix.shape[0] > matrix.shape[1];
    let x = tall ? matrix.transpose() : matrix;
    x = divide(x, add(square(x).sum().sqrt(), 1e-7));
    for (let i = 0; i < this.nsSteps; i++) {
      const gram = matmul(x, x.transpose());
      const inner = add(multiply(gram, b), matmul(multiply(gram, c), gram));
      x = add(multiply(x, a), matmul(inner, x));
    }
    return tall ? x.transpose() : x;
  }

  override getConfig(): Config {
    const [a, b, c] = this.coefficients;
    return {
      ...super.getConfig(),
      adam_beta_1: this.adamBeta1,
      adam_beta_2: this.adamBeta2,
      epsilon: this.epsilon,
      exclude_layers: this.excludeLayers,
      muon_a: a,
      muon_b: b,
      muon_c: c,
      adam_lr_ratio: this.adamLrRatio,
      momentum: this.momentum,
      ns_steps: this.nsSteps,
      nesterov: this.nesterov,
      exclude_embeddings: this.excludeEmbeddings,
      adam_weight_decay: this.adamWeightDecay,
      rms_rate: this.rmsRate,
    };
  }
}
