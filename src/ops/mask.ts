import { KerasTensor } from "./kerasTensor.js";
import { Tensor } from "./tensor.js";

const masks = new WeakMap<Tensor, Tensor>();

/** The mask that a layer attached to a tensor: bool, true where there is something. Operations do not carry it on. */
export function maskOf(x: Tensor): Tensor | undefined;
export function maskOf(x: KerasTensor): KerasTensor | undefined;
export function maskOf(x: Tensor | KerasTensor): Tensor | KerasTensor | undefined;
export function maskOf(x: Tensor | KerasTensor): Tensor | KerasTensor | undefined {
  return x instanceof KerasTensor ? x.mask : masks.get(x);
}

/** Attaches a mask to a tensor. */
export function setMask<T extends Tensor | KerasTensor>(x: T, mask: T): void {
  if (x instanceof KerasTensor) x.mask = mask as KerasTensor;
  else masks.set(x, mask as Tensor);
}

/** The same tensor without a mask. */
export function withoutMask(x: Tensor): Tensor {
  return masks.has(x) ? new Tensor(x.symbol ?? x.data, x) : x;
}
