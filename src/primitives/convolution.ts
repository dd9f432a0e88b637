import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../tensor/shape.js";
import { formatType, type TensorType, type Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";
import { expectDtype, expectOnePerAxis } from "./expect.js";
import { reshape, reverse, transpose } from "./shape.js";
import { windowOutputSize } from "./windowShape.js";

/** Over 1 to 3 spatial axes; arrays have one number (or pair) for each of them. */
export interface ConvolutionParams {
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  /** Steps between the input's elements (1: none in between). */
  readonly lhsDilation: readonly number[];
  /** Steps between the kernel's elements. */
  readonly rhsDilation: readonly number[];
  readonly groups: number;
}

export interface KernelGradientParams extends ConvolutionParams {
  /** The kernel's spatial sizes. */
  readonly window: readonly number[];
  /** So many samples that follow each other are added up, and the result has an axis for these sums first. Default: all. */
  readonly samples?: number;
}

/** Size of an axis with zeros between its elements. */
function dilated(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Of a zero around the input, which takes part in sums, and of one between its elements, which does not. */
const AROUND = -1;
const BETWEEN = -2;

/** Where each (output position, window position) reads the input along one axis; negative for a zero. */
function sources(
  params: ConvolutionParams,
  axis: number,
  inSize: number,
  outSize: number,
  window: number,
): Int32Array {
  const { strides, padding, lhsDilation, rhsDilation } = params;
  const table = new Int32Array(outSize * window);
  for (let o = 0; o < outSize; o++) {
    for (let w = 0; w < window; w++) {
      const at = o * strides[axis] + w * rhsDilation[axis] - padding[axis][0];
      const source = at / lhsDilation[axis];
      const zero = Number.isInteger(source) ? AROUND : BETWEEN;
      table[o * window + w] = zero === AROUND && source >= 0 && source < inSize ? source : zero;
    }
  }
  return table;
}

/** Offsets into the input for every (position, window position), row-major; negative for a zero. */
export function offsetTable(
  params: ConvolutionParams,
  inShape: Shape,
  outSpatial: Shape,
  window: Shape,
): Int32Array {
  const tables = window.map((w, axis) => sources(params, axis, inShape[axis + 1], outSpatial[axis], w));
  const inStrides = stridesOf(inShape);
  const positions = sizeOf(outSpatial);
  const cells = sizeOf(window);
  const outStrides = stridesOf(outSpatial);
  const windowStrides = stridesOf(window);
  const table = new Int32Array(positions * cells);
  for (let p = 0; p < positions; p++) {
    for (let c = 0; c < cells; c++) {
      let offset = 0;
      for (let axis = 0; axis < window.length; axis++) {
        const o = Math.floor(p / outStrides[axis]) % outSpatial[axis];
        const w = Math.floor(c / windowStrides[axis]) % window[axis];
        const source = tables[axis][o * window[axis] + w];
        offset = source < 0 || offset < 0 ? Math.min(source, offset) : offset + source * inStrides[axis + 1];
      }
      table[p * cells + c] = offset;
    }
  }
  return table;
}

/** @throws if the operands are not float32 of 1 to 3 spatial axes, or a parameter is out of range */
function expectParams(
  name: string,
  operands: Readonly<Record<string, TensorType>>,
  window: Shape,
  params: ConvolutionParams,
): void {
  for (const [operand, type] of Object.entries(operands)) {
    expectDtype(name, operand, type, ["float32"]);
    const rank = type.shape.length;
    if (rank < 3 || rank > 5 || rank !== window.length + 2) {
      throw new Error(
        `${name}: expected \`${operand}\` to have 1 to 3 spatial axes and two others, with a window for them. Received: ${operand}=${formatType(type)}, window=${formatShape(window)}`,
      );
    }
  }
  expectOnePerAxis(name, "strides", params.strides, window, 1);
  expectOnePerAxis(name, "lhsDilation", params.lhsDilation, window, 1);
  expectOnePerAxis(name, "rhsDilation", params.rhsDilation, window, 1);
  for (const side of [0, 1] as const) {
    const what = `padding ${side === 0 ? "before" : "after"}`;
    const padding = params.padding.map((pair) => pair[side]);
    expectOnePerAxis(name, what, padding, window);
  }
  if (!(Number.isInteger(params.groups) && params.groups >= 1))
    throw new Error(
      `${name}: expected \`groups\` to be a positive integer. Received: groups=${params.groups}`,
    );
}

function outputShape(x: Shape, window: Shape, filters: number, params: ConvolutionParams): number[] {
  const spatial = window.map((w, axis) =>
    windowOutputSize(
      dilated(x[axis + 1], params.lhsDilation[axis]),
      w,
      params.strides[axis],
      params.rhsDilation[axis],
      params.padding[axis],
      `conv_general_dilated (input ${formatShape(x)}, window ${formatShape(window)})`,
    ),
  );
  return [x[0], ...spatial, filters];
}

const convPrimitive: Primitive<ConvolutionParams> = {
  name: "conv_general_dilated",
  infer: ([x, kernel], params) => {
    const rank = x.shape.length - 2;
    expectParams("conv_general_dilated", { x, kernel }, kernel.shape.slice(0, -2), params);
    const [perGroup, filters] = kernel.shape.slice(-2);
    if (x.shape[rank + 1] !== perGroup * params.groups || filters % params.groups !== 0) {
      throw new Error(
        `conv_general_dilated: kernel ${formatShape(kernel.shape)} in ${params.groups} groups does not fit input ${formatShape(x.shape)}.`,
      );
    }
    return [{ shape: outputShape(x.shape, kernel.shape.slice(0, rank), filters, params), dtype: "float32" }];
  },
  evaluate: ([x, kernel], params, [type]) => [convolve(x, kernel, params, type.shape)],
  vjp: ({ cotangents: [ct], inputs: [x, kernel], params }) => {
    if (!ct) return [];
    const window = kernel.shape.slice(0, -2);
    return [inputCotangent(ct, kernel, x.shape, params), convKernelGradient(x, ct, { ...params, window })];
  },
};

function convolve(x: HostArray, kernel: HostArray, params: ConvolutionParams, shape: Shape): Float32Array {
  const window = kernel.shape.slice(0, -2);
  const [perGroup, filters] = kernel.shape.slice(-2);
  const cells = sizeOf(window);
  const spatial = shape.slice(1, -1);
  const table = offsetTable(params, x.shape, spatial, window);
  const positions = sizeOf(spatial);
  const result = new Float32Array(sizeOf(shape));
  const image = sizeOf(x.shape.slice(1));
  const filtersPerGroup = filters / params.groups;
  for (let n = 0; n < shape[0]; n++) {
    for (let p = 0; p < positions; p++) {
      for (let o = 0; o < filters; o++) {
        const channel = Math.floor(o / filtersPerGroup) * perGroup;
        let sum = 0;
        for (let c = 0; c < cells; c++) {
          const offset = table[p * cells + c];
          if (offset === BETWEEN) continue;
          for (let i = 0; i < perGroup; i++) {
            const value = offset < 0 ? 0 : x.data[n * image + offset + channel + i];
            sum = Math.fround(sum + Math.fround(value * kernel.data[(c * perGroup + i) * filters + o]));
          }
        }
        result[(n * positions + p) * filters + o] = sum;
      }
    }
  }
  return result;
}

/** The kernel turned around and with its channels swapped: [...w, i, g·o] → [...w, o, g·i]. */
function turnedAround(kernel: Value, axes: readonly number[], groups: number): Value {
  const rank = axes.length;
  const window = kernel.shape.slice(0, rank);
  const [perGroup, filters] = kernel.shape.slice(rank);
  const flipped = reverse(kernel, axes);
  if (groups === 1) return transpose(flipped, [...axes, rank + 1, rank]);
  const split = reshape(flipped, [...window, perGroup, groups, filters / groups]);
  const swapped = transpose(split, [...axes, rank + 2, rank + 1, rank]);
  return reshape(swapped, [...window, filters / groups, groups * perGroup]);
}

/** What carries cotangents back to the input: a convolution with the kernel turned around. */
function inputCotangent(ct: Value, kernel: Value, inShape: Shape, params: ConvolutionParams): Value {
  const { strides, padding, lhsDilation, rhsDilation, groups } = params;
  const rank = strides.length;
  const window = kernel.shape.slice(0, rank);
  const axes = window.map((_, axis) => axis);
  const turned = turnedAround(kernel, axes, groups);
  const newPadding = axes.map((axis): [number, number] => {
    const reach = (window[axis] - 1) * rhsDilation[axis];
    const low = reach - padding[axis][0];
    const size = dilated(inShape[axis + 1], lhsDilation[axis]);
    const out = dilated(ct.shape[axis + 1], strides[axis]);
    return [low, size + reach - out - low];
  });
  return convGeneralDilated(ct, turned, {
    strides: lhsDilation,
    padding: newPadding,
    lhsDilation: strides,
    rhsDilation,
    groups,
  });
}

/**
 * Convolution (as cross-correlation): x `[n, ...spatial, channels]`, kernel `[...window, channels / groups, filters]`. Zeros
 * around the input take part in the sums, zeros between its elements do not. One accumulator from +0 for each result, over the window in
 * row-major order and, innermost, the channels; product and sum are rounded apart.
 * @throws if the operands are not float32, channels or filters do not fit the groups, or the window does not fit the input
 */
export function convGeneralDilated(x: Value, kernel: Value, params: ConvolutionParams): Value {
  return bind(convPrimitive, params, x, kernel);
}

const kernelGradientPrimitive: Primitive<KernelGradientParams> = {
  name: "conv_kernel_gradient",
  infer: ([x, ct], params) => {
    const { window, groups, samples } = params;
    expectParams("conv_kernel_gradient", { x, cotangent: ct }, window, params);
    const [channels] = x.shape.slice(-1);
    const [filters] = ct.shape.slice(-1);
    const made = outputShape(x.shape, window, filters, params);
    if (channels % groups !== 0 || filters % groups !== 0 || !sameShape(made, ct.shape)) {
      throw new Error(
        `conv_kernel_gradient: a cotangent ${formatShape(ct.shape)} in ${groups} groups is not of a convolution of ${formatShape(x.shape)} with window ${formatShape(window)}.`,
      );
    }
    if (samples !== undefined && x.shape[0] % samples !== 0)
      throw new Error(`conv_kernel_gradient: ${x.shape[0]} samples cannot be added up by ${samples}.`);
    const sums = samples === undefined ? [] : [x.shape[0] / samples];
    return [{ shape: [...sums, ...window, channels / groups, filters], dtype: "float32" }];
  },
  evaluate: ([x, ct], params, [type]) => {
    const { window, groups, samples = x.shape[0] } = params;
    const [perGroup, filters] = type.shape.slice(-2);
    const cells = sizeOf(window);
    const spatial = ct.shape.slice(1, -1);
    const positions = sizeOf(spatial);
    const table = offsetTable(params, x.shape, spatial, window);
    const image = sizeOf(x.shape.slice(1));
    const result = new Float32Array(sizeOf(type.shape));
    const filtersPerGroup = filters / groups;
    const kernel = cells * perGroup * filters;
    for (const at of result.keys()) {
      const first = Math.floor(at / kernel) * samples;
      const c = Math.floor((at % kernel) / (perGroup * filters));
      const i = Math.floor(at / filters) % perGroup;
      const o = at % filters;
      const channel = Math.floor(o / filtersPerGroup) * perGroup + i;
      let sum = 0;
      for (let n = first; n < first + samples; n++) {
        for (let p = 0; p < positions; p++) {
          const offset = table[p * cells + c];
          const value = offset < 0 ? 0 : x.data[n * image + offset + channel];
          sum = Math.fround(sum + Math.fround(value * ct.data[(n * positions + p) * filters + o]));
        }
      }
      result[at] = sum;
    }
    return [result];
  },
  vjp: ({ cotangents: [g], inputs: [x, ct], params }) => {
    if (params.samples !== undefined)
      throw new Error("conv_kernel_gradient: sums of some samples have no derivative.");
    return g ? [inputCotangent(ct, g, x.shape, params), convGeneralDilated(x, g, withoutWindow(params))] : [];
  },
};

function withoutWindow({
  strides,
  padding,
  lhsDilation,
  rhsDilation,
  groups,
}: KernelGradientParams): ConvolutionParams {
  return { strides, padding, lhsDilation, rhsDilation, groups };
}

/**
 * The kernel's cotangent of a convolution from its input and the result's cotangent. One accumulator from +0 for each element,
 * over samples and, innermost, output positions in row-major order.
 * @throws if the cotangent is not shaped like the convolution's result
 */
export function convKernelGradient(x: Value, cotangent: Value, params: KernelGradientParams): Value {
  return bind(kernelGradientPrimitive, params, x, cotangent);
}
