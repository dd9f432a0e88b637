import type { DType } from "../tensor/dtype.js";
import { formatShape, type PartialShape } from "../tensor/shape.js";
import { uniqueName } from "../utils/naming.js";
import type { Config } from "../utils/serialization.js";
import { isDictionary, leaves, mapStructure, type Structure } from "./structure.js";
import type { Tensor } from "./tensor.js";

/** What a functional model is made of: a layer, or an operation that was applied to symbolic tensors. */
export interface GraphOperation {
  readonly name: string;
  /** Its calls on symbolic tensors, in order. */
  readonly inboundNodes: readonly Node[];
  /** Computes with tensors what a node's arguments say. */
  run(args: readonly unknown[], options: Readonly<Record<string, unknown>>): Structure<Tensor>;
  /** The types of the results for arguments that are symbolic tensors, without a new node. */
  computeOutputSpec(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor>;
  /** Adds a node. */
  record(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
    outputs: Structure<KerasTensor>,
  ): void;
  getConfig(): Config;
}

/** Where a symbolic tensor comes from: which call of which operation, which of its results. */
export interface KerasHistory {
  readonly operation: GraphOperation;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

/**
 * A tensor of a functional model: it has a shape (null: any size, such as the batch's) and a dtype, and knows which
 * layers and operations it comes from. Made by `Input` and by calling layers and `ops` on others.
 *
 * @see https://keras.io/guides/functional_api/
 */
export class KerasTensor {
  readonly name: string;
  /** Set when the call that gives this tensor is recorded. */
  history: KerasHistory | undefined;
  /** Which time steps are to be skipped, if a layer before said so. */
  mask: KerasTensor | undefined;

  constructor(
    readonly shape: PartialShape,
    readonly dtype: DType = "float32",
    name?: string,
  ) {
    this.name = name ?? uniqueName("keras_tensor");
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `<KerasTensor shape=${formatShape(this.shape)}, dtype=${this.dtype}, name=${this.name}>`;
  }
}

/** One call of a layer or operation on symbolic tensors. */
export class Node {
  readonly inputTensors: readonly KerasTensor[];
  readonly outputTensors: readonly KerasTensor[];

  /**
   * @param args what the operation was called on
   * @param options further arguments, by name
   * @param outputs get their history here
   */
  constructor(
    readonly operation: GraphOperation,
    readonly args: readonly unknown[],
    readonly options: Readonly<Record<string, unknown>>,
    readonly outputs: Structure<KerasTensor>,
  ) {
    this.inputTensors = kerasTensorsIn([args, options]);
    this.outputTensors = leaves(outputs);
    const nodeIndex = operation.inboundNodes.length;
    for (const [tensorIndex, tensor] of this.outputTensors.entries())
      tensor.history = { operation, nodeIndex, tensorIndex };
  }

  /** Whether it stands for data that come from outside. */
  get isInput(): boolean {
    return this.inputTensors.length === 0;
  }

  /** The calls that give this one's inputs. */
  get parents(): Node[] {
    return this.inputTensors.flatMap((tensor) => nodeOf(tensor) ?? []);
  }
}

/** The call that gives a symbolic tensor. */
export function nodeOf(tensor: KerasTensor): Node | undefined {
  const { history } = tensor;
  return history?.operation.inboundNodes[history.nodeIndex];
}

/** The symbolic tensors among arguments, at any depth. */
export function kerasTensorsIn(args: unknown): KerasTensor[] {
  return leaves(args as Structure<unknown>, isNumbers).filter((leaf) => leaf instanceof KerasTensor);
}

/** Whether any argument is, or holds, a symbolic tensor. */
export function hasKerasTensor(value: unknown): boolean {
  if (value instanceof KerasTensor) return true;
  if (Array.isArray(value)) return !isNumbers(value) && value.some(hasKerasTensor);
  return isDictionary(value) && Object.values(value).some(hasKerasTensor);
}

/** A row of numbers is data: nobody looks for tensors in it. */
function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === "number");
}

/** Arguments with each symbolic tensor replaced. */
export function replaceKerasTensors(args: unknown, replace: (tensor: KerasTensor) => unknown): unknown {
  return mapStructure<unknown, unknown>(
    args as Structure<unknown>,
    (leaf) => (leaf instanceof KerasTensor ? replace(leaf) : leaf),
    isNumbers,
  );
}
