import type { ConvolutionParams, KernelGradientParams } from "../primitives/convolution.js";
import { stridesOf } from "../tensor/shape.js";
import type { Node, Value } from "../trace/graph.js";
import { overOtherAxes } from "./collapse.js";
import type { ProductAxis, ProductKernel } from "./kernel.js";
import { lowerPad } from "./pad.js";
import { type Stores, storeAs } from "./products.js";
import { accessTo, identityIndex, type Places, temporary } from "./views.js";

/** A convolution, or the gradient of its kernel, as sums of products over evenly spaced operands. */
export function lowerConvolutions(node: Node, stores: Stores, places: Places): ProductKernel[] {
  if (node.primitive.name === "conv_kernel_gradient") return [lowerKernelGradient(node, stores, places)];
  return lowerSpreadConvolution(node, stores, places) ?? [lowerConvolution(node, stores, places)];
}

/** The input with its zeros around and between, and its strides. */
export function paddedInput(
  input: Value,
  params: Pick<ConvolutionParams, "padding" | "lhsDilation">,
  places: Places,
) {
  const { padding, lhsDilation } = params;
  const plain = padding.every(([low, high]) => low === 0 && high === 0) && lhsDilation.every((d) => d === 1);
  if (plain) {
    const access = places.accessOf(input);
    const last = input.shape.length - 1;
    // channels lie one after another: a view where they do not is copied
    if (access.strides[last] === 1 || input.shape[last] === 1) return access;
    return accessTo(places.copied(input), input.shape, input.dtype, identityIndex(last + 1), last + 1);
  }
  const low = [0, ...padding.map(([l]) => l), 0];
  const high = [0, ...padding.map(([, h]) => h), 0];
  const interior = [0, ...lhsDilation.map((d) => d - 1), 0];
  const shape = input.shape.map(
    (extent, axis) => low[axis] + high[axis] + extent + Math.max(extent - 1, 0) * interior[axis],
  );
  const around = { low, high, interior };
  const target = places.padded(input, JSON.stringify(around), () => {
    const buffer = temporary(input.graph, { shape, dtype: input.dtype });
    lowerPad(input, zeroOf(input), around, buffer, places);
    return buffer;
  });
  return accessTo(target, shape, input.dtype, identityIndex(shape.length), shape.length);
}

/** A scalar zero that is a constant of the graph. */
function zeroOf(input: Value): Value {
  return input.graph.constant(new Float32Array(1), { shape: [], dtype: input.dtype });
}

/** Operands of a convolution: where they lie, the axes of the result's positions and of the sum over the window. */
export function convolutionOperands(node: Node, places: Places) {
  const params = node.params as unknown as ConvolutionParams;
  const { strides, rhsDilation } = params;
  const [input, kernel] = node.inputs;
  const [result] = node.outputs;
  const a = paddedInput(input, params, places);
  const b = places.accessOf(places.bufferOf(kernel));
  const spatial = strides.map((_, i) => i + 1);
  const [perGroup, filters] = kernel.shape.slice(-2);
  const kernelStrides = stridesOf(kernel.shape);
  const positions: ProductAxis[] = [
    { extent: result.shape[0], a: a.strides[0], b: 0 },
    ...spatial.map((axis, i) => ({ extent: result.shape[axis], a: a.strides[axis] * strides[i], b: 0 })),
  ];
  const window = spatial.map((axis, i) => ({
    extent: kernel.shape[i],
    a: a.strides[axis] * rhsDilation[i],
    b: kernelStrides[i],
  }));
  return { a, b, positions, window, channels: { extent: perGroup, a: 1, b: filters } };
}

function lowerConvolution(node: Node, stores: Stores, places: Places): ProductKernel {
  const { groups } = node.params as unknown as ConvolutionParams;
  const [, kernel] = node.inputs;
  const [result] = node.outputs;
  const { a, b, positions, window, channels } = convolutionOperands(node, places);
  const [perGroup, filters] = kernel.shape.slice(-2);
  const outStrides = stridesOf(result.shape);
  const base = { kind: "product" as const, name: "conv_general_dilated", a, b, zeros: false };
  if (groups === 1) {
    return {
      ...base,
      rows: positions,
      columns: filters,
      aColumn: 0,
      sum: [...window, channels],
      stores: stores(positions.length + 1),
    };
  }
  if (perGroup === 1 && filters === groups) {
    // depthwise: the channels of both operands run along the columns
    return {
      ...base,
      rows: positions,
      columns: filters,
      aColumn: 1,
      sum: window,
      stores: stores(positions.length + 1),
    };
  }
  const width = filters / groups;
  const rows = [{ extent: groups, a: perGroup, b: width }, ...positions];
  const access = {
    buffer: result,
    dtype: result.dtype,
    offset: 0,
    strides: [width, ...outStrides.slice(0, -1), 1],
  };
  const sum = [...window, { extent: perGroup, a: 1, b: filters }];
  return {
    ...base,
    rows,
    columns: width,
    aColumn: 0,
    sum,
    stores: [{ access, expression: { kind: "result", dtype: result.dtype } }],
  };
}

/** Along one axis of a convolution over spread-out elements: the results that read the same taps. */
interface Class {
  /** The first result, and how many there are; they are `dilation` apart. */
  readonly first: number;
  readonly results: number;
  /** The first tap that meets an element, the distance to the next one, and their number. */
  readonly tap: number;
  readonly tapStep: number;
  readonly taps: number;
  /** Where the first result's first tap reads the input, and how far the next tap is from there. */
  readonly source: number;
  readonly sourceStep: number;
}

function classesOf(
  results: number,
  taps: number,
  low: number,
  dilation: number,
  tapDilation: number,
): Class[] {
  return Array.from({ length: Math.min(dilation, results) }, (_, first): Class => {
    const meets = (tap: number) => (first + tap * tapDilation - low) % dilation === 0;
    const tap = Array.from({ length: Math.min(taps, dilation) }, (_, t) => t).find(meets) ?? taps;
    let tapStep = 1;
    while ((tapStep * tapDilation) % dilation !== 0) tapStep++;
    return {
      first,
      results: Math.ceil((results - first) / dilation),
      tap,
      tapStep,
      taps: Math.ceil((taps - tap) / tapStep),
      source: Math.floor((first + tap * tapDilation - low) / dilation),
      sourceStep: (tapStep * tapDilation) / dilation,
    };
  });
}

function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((one) => list.map((item) => [...one, item])), [[]]);
}

/**
 * A convolution over elements with zeros between them (the derivative of one with strides, or a transposed one): results are
 * in classes that read the same taps, and each class is a small convolution of its own over the elements alone.
 *
 * @returns undefined where there are no zeros between elements, or strides as well
 */
function lowerSpreadConvolution(node: Node, stores: Stores, places: Places): ProductKernel[] | undefined {
  const { strides, padding, lhsDilation, rhsDilation, groups } = node.params as unknown as ConvolutionParams;
  const [input, kernel] = node.inputs;
  const [result] = node.outputs;
  if (groups !== 1 || strides.some((s) => s !== 1) || lhsDilation.every((d) => d === 1)) return undefined;
  if (result.shape.includes(0)) return undefined;
  const axes = strides.map((_, axis) => axis);
  const classes = axes.map((axis) =>
    classesOf(
      result.shape[axis + 1],
      kernel.shape[axis],
      padding[axis][0],
      lhsDilation[axis],
      rhsDilation[axis],
    ),
  );
  // zeros around the elements for all classes
  const around = classes.map((list, axis): [number, number] => {
    const used = list.filter(({ taps }) => taps > 0);
    const last = ({ source, sourceStep, taps, results }: Class) =>
      source + results - 1 + (taps - 1) * sourceStep;
    return [
      Math.max(0, ...used.map(({ source }) => -source)),
      Math.max(0, ...used.map((c) => last(c) - (input.shape[axis + 1] - 1))),
    ];
  });
  const none = axes.map(() => 1);
  const a = paddedInput(input, { padding: around, lhsDilation: none }, places);
  const b = places.accessOf(places.bufferOf(kernel));
  const [channels, filters] = kernel.shape.slice(-2);
  const kernelStrides = stridesOf(kernel.shape);
  const all = stores(axes.length + 2);
  return combinations(classes).map((chosen): ProductKernel => {
    const product = (of: (c: Class, axis: number) => number) =>
      chosen.reduce((sum, c, axis) => sum + of(c, axis), 0);
    return {
      kind: "product",
      name: "conv_general_dilated",
      zeros: false,
      a: {
        buffer: a.buffer,
        offset: a.offset + product((c, axis) => (around[axis][0] + c.source) * a.strides[axis + 1]),
      },
      b: { buffer: b.buffer, offset: b.offset + product((c, axis) => c.tap * kernelStrides[axis]) },
      rows: [
        { extent: result.shape[0], a: a.strides[0], b: 0 },
        ...chosen.map((c, axis) => ({ extent: c.results, a: a.strides[axis + 1], b: 0 })),
      ],
      columns: filters,
      aColumn: 0,
      sum: [
        ...chosen.map((c, axis) => ({
          extent: c.taps,
          a: c.sourceStep * a.strides[axis + 1],
          b: c.tapStep * kernelStrides[axis],
        })),
        { extent: channels, a: 1, b: filters },
      ],
      stores: overOtherAxes(all, (nest) => ({
        offset: nest.offset + product((c, axis) => c.first * nest.strides[axis + 1]),
        strides: nest.strides.map((stride, i) =>
          i > 0 && i <= axes.length ? stride * lhsDilation[i - 1] : stride,
        ),
      })),
    };
  });
}

function lowerKernelGradient(node: Node, stores: Stores, places: Places): ProductKernel {
  const params = node.params as unknown as KernelGradientParams;
  const { strides, rhsDilation, groups, samples } = params;
  const [input, cotangent] = node.inputs;
  const [result] = node.outputs;
  const a = paddedInput(input, params, places);
  // the buffer of a reshaped cotangent has another shape
  const rank = cotangent.shape.length;
  const b = accessTo(places.bufferOf(cotangent), cotangent.shape, cotangent.dtype, identityIndex(rank), rank);
  const spatial = strides.map((_, i) => i + 1);
  const [perGroup, filters] = result.shape.slice(-2);
  const resultStrides = stridesOf(result.shape);
  const window = spatial.map((axis, i) => ({
    extent: params.window[i],
    a: a.strides[axis] * rhsDilation[i],
    b: 0,
  }));
  const sums: ProductAxis[] =
    samples === undefined
      ? []
      : [{ extent: result.shape[0], a: samples * a.strides[0], b: samples * b.strides[0] }];
  const sum: ProductAxis[] = [
    { extent: samples ?? cotangent.shape[0], a: a.strides[0], b: b.strides[0] },
    ...spatial.map((axis, i) => ({
      extent: cotangent.shape[axis],
      a: a.strides[axis] * strides[i],
      b: b.strides[axis],
    })),
  ];
  const base = { kind: "product" as const, name: "conv_kernel_gradient", a, b, zeros: false, sum };
  const channels = { extent: perGroup, a: 1, b: 0 };
  if (groups === 1) {
    return {
      ...base,
      rows: [...sums, ...window, channels],
      columns: filters,
      aColumn: 0,
      stores: stores(result.shape.length),
    };
  }
  if (perGroup === 1 && filters === groups) {
    const one = { extent: 1, a: 0, b: 0 };
    return {
      ...base,
      rows: [...sums, ...window, one],
      columns: filters,
      aColumn: 1,
      stores: storeAs(result, result.shape),
    };
  }
  const width = filters / groups;
  const rows = [...sums, { extent: groups, a: perGroup, b: width }, ...window, channels];
  const outer = sums.length;
  const access = {
    buffer: result,
    dtype: result.dtype,
    offset: 0,
    strides: [...resultStrides.slice(0, outer), width, ...resultStrides.slice(outer, -1), 1],
  };
  return {
    ...base,
    rows,
    columns: width,
    aColumn: 0,
    stores: [{ access, expression: { kind: "result", dtype: result.dtype } }],
  };
}
