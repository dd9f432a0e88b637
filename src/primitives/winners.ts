import { type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { type ConvolutionParams, offsetTable } from "./convolution.js";
import { type ReduceWindowParams, type ScatterWindowParams, winningPositions } from "./window.js";

// Behind a max-pooling only one cell of each window has a cotangent. These two primitives are the derivatives of a
// convolution whose result was pooled, from the windows' cotangents alone: a quarter or a sixteenth of the products. Their
// sums run over the windows, in another order than over all positions, so they are operations of their own; the
// compiler puts them in place of the dense ones (`compiler/winners.ts`) for every backend.

export interface WinnersParams {
  readonly convolution: ConvolutionParams;
  /** How the convolved array was pooled; no window is empty. */
  readonly pooling: ReduceWindowParams;
  /** Shape of the array that was pooled. */
  readonly pooled: Shape;
}

/** Where each winner's sample and spatial position lie in the pooled array, as an index without the channel. */
function placesOf(winners: { shape: Shape; data: ArrayLike<number> }, params: WinnersParams): Int32Array {
  const channels = params.pooled[params.pooled.length - 1];
  const positions = winningPositions(params.pooled, winners.data, winners.shape, params.pooling);
  return positions.map((position) => Math.floor(position / channels));
}

export interface KernelGradientOfWinnersParams extends WinnersParams {
  /** The kernel's spatial sizes. */
  readonly window: Shape;
  /** So many samples that follow each other are added up; a divisor of their number. */
  readonly samples: number;
}

/**
 * `conv_kernel_gradient(x, reduce_window_max_scatter(ct, winners))` of each `samples` samples, `[sums, ...kernel]`:
 * one accumulator from +0 for each element, over the windows in row-major order. Windows whose cotangent is 0 are left out.
 */
export const convKernelGradientOfWinners: Primitive<KernelGradientOfWinnersParams> = {
  name: "conv_kernel_gradient_of_winners",
  infer: ([x, ct], { window, samples }) => {
    const channels = [x, ct].map(({ shape }) => shape[shape.length - 1]);
    return [{ shape: [x.shape[0] / samples, ...window, ...channels], dtype: "float32" }];
  },
  evaluate: ([x, ct, winners], params, [type]) => {
    const { convolution, pooled, window, samples } = params;
    const cells = sizeOf(window);
    const [channels, filters] = type.shape.slice(-2);
    const spatial = pooled.slice(1, -1);
    const table = offsetTable(convolution, x.shape, spatial, window);
    const image = sizeOf(x.shape.slice(1));
    const positions = sizeOf(spatial);
    const places = placesOf(winners, params);
    const result = new Float32Array(sizeOf(type.shape));
    for (const [i, cotangent] of ct.data.entries()) {
      if (cotangent === 0) continue;
      const filter = i % filters;
      const sample = Math.floor(places[i] / positions);
      const sum = Math.floor(sample / samples);
      for (let cell = 0; cell < cells; cell++) {
        const offset = table[(places[i] % positions) * cells + cell];
        for (let channel = 0; channel < channels; channel++) {
          const value = offset < 0 ? 0 : x.data[sample * image + offset + channel];
          const at = ((sum * cells + cell) * channels + channel) * filters + filter;
          result[at] = result[at] + Math.fround(value * cotangent);
        }
      }
    }
    return [result];
  },
};

/**
 * `conv_general_dilated(reduce_window_max_scatter(ct, winners), kernel)` for one group and strides of 1, one accumulator from
 * +0 for each element, over the windows in row-major order and, innermost, their channels. Windows whose cotangent is 0 are
 * left out.
 */
export const convOfWinners: Primitive<WinnersParams & { readonly shape: Shape }> = {
  name: "conv_of_winners",
  infer: (_, { shape }) => [{ shape, dtype: "float32" }],
  evaluate: ([ct, winners, kernel], params, [type]) => {
    const { convolution, pooled } = params;
    const { padding, lhsDilation, rhsDilation } = convolution;
    const window = kernel.shape.slice(0, -2);
    const [channels, filters] = kernel.shape.slice(-2);
    const spatial = pooled.slice(1, -1);
    const placeStrides = stridesOf(spatial);
    const cellStrides = stridesOf(window);
    const strides = stridesOf(type.shape);
    const positions = sizeOf(spatial);
    const places = placesOf(winners, params);
    const result = new Float32Array(sizeOf(type.shape));
    for (const [i, cotangent] of ct.data.entries()) {
      if (cotangent === 0) continue;
      const channel = i % channels;
      const sample = Math.floor(places[i] / positions);
      for (let cell = 0; cell < sizeOf(window); cell++) {
        let target = sample * strides[0];
        let inside = true;
        for (const [axis, size] of spatial.entries()) {
          const place = Math.floor(places[i] / placeStrides[axis]) % size;
          const tap = Math.floor(cell / cellStrides[axis]) % window[axis];
          const at = place * lhsDilation[axis] + padding[axis][0] - tap * rhsDilation[axis];
          inside &&= at >= 0 && at < type.shape[axis + 1];
          target += at * strides[axis + 1];
        }
        if (!inside) continue;
        for (let filter = 0; filter < filters; filter++) {
          const weight = kernel.data[(cell * channels + channel) * filters + filter];
          result[target + filter] = result[target + filter] + Math.fround(cotangent * weight);
        }
      }
    }
    return [result];
  },
};

/** A scatter of winners: its operands and parameters; undefined for every other value. */
export function scatteredWinners(
  value: Value,
): { ct: Value; winners: Value; params: ScatterWindowParams } | undefined {
  if (value.node.primitive.name !== "reduce_window_max_scatter") return undefined;
  const [ct, winners] = value.node.inputs;
  return { ct, winners, params: value.node.params as ScatterWindowParams };
}
