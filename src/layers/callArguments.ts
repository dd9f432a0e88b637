import { hasKerasTensor, KerasTensor } from "../ops/kerasTensor.js";
import { knownShape, outputSpec } from "../ops/outputSpec.js";
import { isDictionary, leaves, mapStructure, type Structure } from "../ops/structure.js";
import { Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { Variable } from "../ops/variable.js";
import type { DType } from "../tensor/dtype.js";
import type { PartialShape } from "../tensor/shape.js";

/** What `call` is given beside the inputs. Layers with further arguments extend it. */
export interface CallOptions {
  /** Whether the layer runs as in `fit` (dropout drops, batch statistics are used) or as in `predict`. */
  readonly training: boolean;
  /** Bool, with the structure of the inputs: true where there is something. Left out where nothing is masked. */
  readonly mask?: Structure<Tensor | undefined>;
}

/** One tensor, or several in an array or dictionary. */
export type LayerInputs = Structure<Tensor>;
/** What `call` gives: one tensor, or several. */
export type LayerOutputs = Structure<Tensor>;
/** One shape (null: any size, as of the batch) or several, in the structure of the inputs. */
export type LayerShape = Structure<PartialShape>;

/** What `apply` takes as inputs. */
export type ApplyInputs = TensorLike | readonly ApplyInputs[] | { readonly [key: string]: ApplyInputs };

/** Tells a shape from an array of shapes. */
export function isShapeLeaf(value: unknown): boolean {
  return Array.isArray(value) && value.every((extent) => extent === null || typeof extent === "number");
}

export function isShapeList(shape: LayerShape): shape is readonly PartialShape[] {
  return Array.isArray(shape) && !isShapeLeaf(shape);
}

/** Arrays and dictionaries that hold tensors stay; anything else becomes one tensor. */
export function inputStructure(inputs: unknown): LayerInputs {
  if (Array.isArray(inputs) && inputs.some(holdsTensor)) return inputs.map(inputStructure);
  if (isDictionary(inputs))
    return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, inputStructure(value)]));
  return toTensor(inputs as TensorLike);
}

function holdsTensor(value: unknown): boolean {
  if (value instanceof Tensor || value instanceof Variable || isDictionary(value)) return true;
  return Array.isArray(value) ? value.some(holdsTensor) : ArrayBuffer.isView(value);
}

export function shapesOf(inputs: Structure<Tensor | KerasTensor>): LayerShape {
  return mapStructure<Tensor | KerasTensor, PartialShape>(inputs, (x) =>
    x instanceof Tensor ? knownShape(x.shape) : x.shape,
  ) as LayerShape;
}

/**
 * The types of the results of a call on symbolic tensors.
 * @param shape of the results, if the layer can tell; then floats are taken to stay floats
 */
export function specFor(
  args: readonly unknown[],
  dtype: DType,
  shape: (() => LayerShape) | undefined,
  compute: (...args: unknown[]) => Structure<Tensor>,
): Structure<KerasTensor> {
  if (!shape || hasOthers(args, dtype)) return outputSpec(args, compute);
  return symbolsOf(shape(), dtype);
}

function hasOthers(args: readonly unknown[], dtype: DType): boolean {
  return leaves(args[0] as Structure<unknown>).some(
    (leaf) => hasKerasTensor(leaf) && (leaf as KerasTensor).dtype !== dtype,
  );
}

/** Symbolic tensors of these shapes. */
export function symbolsOf(shape: LayerShape, dtype: DType = "float32"): Structure<KerasTensor> {
  return mapStructure<PartialShape, KerasTensor>(shape, (s) => new KerasTensor(s, dtype), isShapeLeaf);
}
