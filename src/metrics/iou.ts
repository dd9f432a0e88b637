import { argmax, broadcastTo, eye, matmul, oneHot } from "../ops/arrays.js";
import {
  add,
  divide,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  multiply,
  notEqual,
  subtract,
  where,
} from "../ops/elementwise.js";
import { type Tensor, tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import { Metric, type MetricOptions } from "./metric.js";

// https://keras.io/api/metrics/segmentation_metrics/

const EPSILON = 1e-7;

export interface IoUOptions extends MetricOptions {
  /** Labels of this class do not count. */
  readonly ignoreClass?: number | null;
  /** Whether labels are class numbers rather than one-hot. Default true. */
  readonly sparseYTrue?: boolean;
  /** Whether predictions are class numbers rather than scores. Default true. */
  readonly sparseYPred?: boolean;
  /** The axis of the classes. Default −1. */
  readonly axis?: number;
}

/** The mean over target classes of intersection / union of labels and predictions. @see https://keras.io/api/metrics/segmentation_metrics/#iou-class */
export class IoU extends Metric {
  static override readonly className: string = "IoU";
  readonly ignoreClass: number | null;
  readonly sparseYTrue: boolean;
  readonly sparseYPred: boolean;
  readonly axis: number;
  readonly #matrix: Variable;

  /** @throws if a target class is not below `numClasses` */
  constructor(
    readonly numClasses: number,
    readonly targetClassIds: readonly number[],
    options: IoUOptions = {},
  ) {
    // numbered as Keras numbers them
    super({ name: options.name ?? uniqueName(snakeCase(new.target.className)) });
    this.ignoreClass = options.ignoreClass ?? null;
    this.sparseYTrue = options.sparseYTrue ?? true;
    this.sparseYPred = options.sparseYPred ?? true;
    this.axis = options.axis ?? -1;
    if (Math.max(...targetClassIds) >= numClasses)
      throw new Error(
        `Target class id ${Math.max(...targetClassIds)} is out of range, which is [0, ${numClasses}).`,
      );
    this.#matrix = this.addVariable("total_confusion_matrix", [numClasses, numClasses]);
  }

  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    const flat = (x: Tensor, sparse: boolean) =>
      (sparse ? x : argmax(x, this.axis)).astype("int32").reshape([-1]);
    const [t, p] = [flat(yTrue, this.sparseYTrue), flat(yPred, this.sparseYPred)];
    const inside = (x: Tensor) => logicalAnd(greaterEqual(x, 0), less(x, this.numClasses));
    let counts = logicalAnd(inside(t), inside(p));
    if (this.ignoreClass !== null) counts = logicalAnd(counts, notEqual(t, this.ignoreClass));
    // whole weights, as in Keras
    const weight = sampleWeight
      ? broadcastTo(sampleWeight.astype("int32").astype("float32").reshape([-1]), t.shape)
      : 1;
    const rows = multiply(oneHot(t, this.numClasses), where(counts, weight, 0).reshape([t.size, 1]));
    this.#matrix.assign(add(this.#matrix, matmul(rows.transpose(), oneHot(p, this.numClasses))));
  }

  override result(): Tensor {
    const matrix = this.#matrix.value;
    const hits = multiply(matrix, eye(this.numClasses)).sum(0);
    const union = subtract(add(matrix.sum(0), matrix.sum(1)), hits);
    const ids = tensor(Int32Array.from(this.targetClassIds), [this.targetClassIds.length]);
    const chosen = oneHot(ids, this.numClasses);
    const [ofHits, ofUnion] = [hits, union].map((x) => matmul(chosen, x));
    const valid = greater(ofUnion, 1e-9);
    const each = where(valid, divide(ofHits, add(ofUnion, EPSILON)), 0);
    return divide(each.sum(), add(valid.astype("float32").sum(), EPSILON));
  }

  override getConfig(): Config {
    return {
      name: this.name,
      dtype: "int32",
      num_classes: this.numClasses,
      target_class_ids: this.targetClassIds,
      ignore_class: this.ignoreClass,
      sparse_y_true: this.sparseYTrue,
      sparse_y_pred: this.sparseYPred,
      axis: this.axis,
    };
  }
  static fromConfig(config: Config): Metric {
    return new IoU(config.num_classes as number, config.target_class_ids as number[], camelCaseKeys(config));
  }
}

/** A configuration without some of its entries. */
function without(config: Config, ...names: string[]): Config {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));
}

/** IoU of yes/no predictions: 0 or 1, by a threshold. @see https://keras.io/api/metrics/segmentation_metrics/#binaryiou-class */
export class BinaryIoU extends IoU {
  static override readonly className = "BinaryIoU";
  readonly threshold: number;
  constructor(
    options: MetricOptions & {
      readonly targetClassIds?: readonly number[];
      readonly threshold?: number;
    } = {},
  ) {
    super(2, options.targetClassIds ?? [0, 1], { name: options.name });
    this.threshold = options.threshold ?? 0.5;
  }
  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    super.update(yTrue, greaterEqual(yPred.astype("float32"), this.threshold), sampleWeight);
  }
  override getConfig(): Config {
    const config = super.getConfig();
    return {
      target_class_ids: config.target_class_ids,
      threshold: this.threshold,
      name: this.name,
      dtype: config.dtype,
    };
  }
  static override fromConfig(config: Config): BinaryIoU {
    return new BinaryIoU(camelCaseKeys(config));
  }
}

/** IoU of all classes. @see https://keras.io/api/metrics/segmentation_metrics/#meaniou-class */
export class MeanIoU extends IoU {
  static override readonly className: string = "MeanIoU";
  constructor(numClasses: number, options: IoUOptions = {}) {
    super(
      numClasses,
      Array.from({ length: numClasses }, (_, i) => i),
      options,
    );
  }
  override getConfig(): Config {
    return without(super.getConfig(), "target_class_ids");
  }
  static override fromConfig(config: Config): Metric {
    return new MeanIoU(config.num_classes as number, camelCaseKeys(config));
  }
}

/** IoU of one-hot labels. @see https://keras.io/api/metrics/segmentation_metrics/#onehotiou-class */
export class OneHotIoU extends IoU {
  static override readonly className = "OneHotIoU";
  constructor(
    numClasses: number,
    targetClassIds: readonly number[],
    options: Omit<IoUOptions, "sparseYTrue"> = {},
  ) {
    super(numClasses, targetClassIds, { sparseYPred: false, ...options, sparseYTrue: false });
  }
  override getConfig(): Config {
    return without(super.getConfig(), "sparse_y_true");
  }
  static override fromConfig(config: Config): OneHotIoU {
    return new OneHotIoU(
      config.num_classes as number,
      config.target_class_ids as number[],
      camelCaseKeys(config),
    );
  }
}

/** IoU of all classes of one-hot labels. @see https://keras.io/api/metrics/segmentation_metrics/#onehotmeaniou-class */
export class OneHotMeanIoU extends MeanIoU {
  static override readonly className = "OneHotMeanIoU";
  constructor(numClasses: number, options: Omit<IoUOptions, "sparseYTrue"> = {}) {
    super(numClasses, { sparseYPred: false, ...options, sparseYTrue: false });
  }
  override getConfig(): Config {
    return without(super.getConfig(), "sparse_y_true");
  }
  static override fromConfig(config: Config): OneHotMeanIoU {
    return new OneHotMeanIoU(config.num_classes as number, camelCaseKeys(config));
  }
}
