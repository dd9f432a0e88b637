import { sizeOf } from "../tensor/shape.js";
import type { Graph, Value } from "../trace/graph.js";
import { ofStrides, overOtherAxes } from "./collapse.js";
import {
  type Access,
  type Expression,
  type Kernel,
  loadsOf,
  type ProductKernel,
  readsOf,
  type Store,
  writesOf,
} from "./kernel.js";
import type { Lowered } from "./lower.js";
import { temporary } from "./views.js";

/**
 * A parameter that the program keeps in panels of columns while it runs. A thread owns panels: it multiplies with them and
 * updates them, so that they stay in its core's cache, and only the smaller activations move between cores.
 */
export interface Panels {
  /** The program's input, and the output with its new content. */
  readonly input: number;
  readonly output: number;
  /** The panels with the old and the new content; they share their memory. */
  readonly before: Value;
  readonly after: Value;
  /** Copies the input into the panels, and back. */
  readonly load: Kernel;
  readonly store: Kernel;
}

/** Columns of a panel: a cache line, so that no two threads write to the same one. */
const PANEL = 16;
/** A parameter is owned if it is larger than the activations that it meets by this factor. */
const LARGER = 1.5;

/**
 * Brings large parameters into panels: those that one product reads and one product updates, with the slots of the optimizer
 * that only this update knows. Sums keep their order.
 */
export function ownByColumns(
  graph: Graph,
  lowered: Lowered,
): { kernels: readonly Kernel[]; panels: Panels[] } {
  const panels: Panels[] = [];
  let kernels = lowered.kernels;
  for (const [output, input] of graph.updates) {
    const owned = ownedParameter(graph, kernels, graph.inputs[input], lowered.outputs[output]);
    if (!owned) continue;
    const { forward, update } = owned;
    const [rows, columns] = graph.inputs[input].shape;
    const slots = slotsOf(graph, lowered, kernels, update, [rows, columns]);
    const replaced = new Map<Value, Value>();
    for (const slot of slots) {
      const one = panelsFor(graph, slot.input, slot.output);
      panels.push(one);
      replaced.set(graph.inputs[slot.input], one.before);
      replaced.set(lowered.outputs[slot.output], one.after);
    }
    const parameter = replaced.get(graph.inputs[input]) as Value;
    kernels = kernels.map((kernel) => {
      if (kernel === forward) return multiplyPanels(forward, parameter, rows);
      return kernel === update ? updatePanels(update, replaced, rows) : kernel;
    });
  }
  return { kernels, panels };
}

/** The products with parameters that `ownByColumns` will bring into panels: these stay whole. */
export function ownedProducts(graph: Graph, { kernels, outputs }: Lowered): Set<Kernel> {
  const products = [...graph.updates].flatMap(([output, input]) => {
    const owned = ownedParameter(graph, kernels, graph.inputs[input], outputs[output]);
    return owned ? [owned.forward, owned.update] : [];
  });
  return new Set(products);
}

/** The product that reads a parameter and the one that updates it, if nothing else does either. */
function ownedParameter(graph: Graph, kernels: readonly Kernel[], input: Value, buffer: Value) {
  const { shape, dtype } = input;
  if (dtype !== "float32" || shape.length !== 2 || graph.outputs.includes(input)) return undefined;
  const [rows, columns] = shape;
  if (columns % PANEL !== 0 || columns < 2 * PANEL) return undefined;
  const readers = kernels.filter((kernel) => readsOf(kernel).includes(input));
  const writers = kernels.filter((kernel) => writesOf(kernel).includes(buffer));
  const [update] = writers;
  if (writers.length !== 1 || !isUpdate(update, rows, columns)) return undefined;
  if (kernels.some((kernel) => kernel !== update && readsOf(kernel).includes(buffer))) return undefined;
  const others = readers.filter((kernel) => kernel !== update);
  const [forward] = others;
  if (others.length !== 1 || !isForward(forward, input)) return undefined;
  if (sizeOf(shape) < LARGER * sizeOf(forward.a.buffer.shape)) return undefined;
  return { forward, update };
}

/** A product with the whole parameter, over its rows in order. */
function isForward(kernel: Kernel, parameter: Value): kernel is ProductKernel {
  if (kernel.kind !== "product" || kernel.b.buffer !== parameter || kernel.a.buffer === parameter)
    return false;
  const { rows, columns, sum, aColumn, b, stores, initial } = kernel;
  const [inner, width] = parameter.shape;
  const whole = columns === width && sum.length === 1 && sum[0].extent === inner && sum[0].b === width;
  const alone = !stores.some(({ expression }) =>
    loadsOf(expression).some(({ buffer }) => buffer === parameter),
  );
  return whole && alone && aColumn === 0 && b.offset === 0 && !initial && rows.every((row) => row.b === 0);
}

/** A product whose results are those of one whole parameter. */
function isUpdate(kernel: Kernel, rows: number, columns: number): kernel is ProductKernel {
  return (
    kernel.kind === "product" &&
    kernel.aColumn === 0 &&
    !kernel.initial &&
    kernel.columns === columns &&
    kernel.rows.length === 1 &&
    kernel.rows[0].extent === rows &&
    kernel.rows[0].b === 0
  );
}

/** Parameter and slots that an update writes, as inputs and outputs of the program; those that others know stay as they are. */
function slotsOf(
  graph: Graph,
  lowered: Lowered,
  kernels: readonly Kernel[],
  update: ProductKernel,
  [rows, columns]: readonly number[],
): { input: number; output: number }[] {
  const like = ({ offset, strides }: Access) => offset === 0 && strides[0] === columns && strides[1] === 1;
  return [...graph.updates]
    .map(([output, input]) => ({ input, output }))
    .filter(({ input, output }) => {
      const value = graph.inputs[input];
      const buffer = lowered.outputs[output];
      const known = (kernel: Kernel) =>
        kernel !== update &&
        (writesOf(kernel).includes(buffer) ||
          readsOf(kernel).includes(buffer) ||
          (readsOf(kernel).includes(value) && !(kernel.kind === "product" && kernel.b.buffer === value)));
      const accesses = update.stores
        .flatMap((store) => [store.access, ...loadsOf(store.expression)])
        .filter((access) => access.buffer === value || access.buffer === buffer);
      return (
        update.stores.some(({ access }) => access.buffer === buffer) &&
        sizeOf(value.shape) === rows * columns &&
        accesses.every(like) &&
        !kernels.some(known)
      );
    });
}

function panelsFor(graph: Graph, input: number, output: number): Panels {
  const value = graph.inputs[input];
  const [rows, columns] = value.shape;
  const extents = [columns / PANEL, rows, PANEL];
  const panels = () => temporary(graph, { shape: extents, dtype: "float32" });
  const [before, after] = [panels(), panels()];
  const access = (buffer: Value, strides: readonly number[]): Access => ({
    buffer,
    dtype: "float32",
    offset: 0,
    strides,
  });
  const copy = (to: Access, from: Access): Kernel => ({
    kind: "map",
    extents,
    stores: [{ access: to, expression: { kind: "load", dtype: "float32", access: from } }],
  });
  const inPanels = [rows * PANEL, PANEL, 1];
  const inRows = [PANEL, columns, 1];
  return {
    input,
    output,
    before,
    after,
    load: copy(access(before, inPanels), access(value, inRows)),
    store: copy(access(value, inRows), access(after, inPanels)),
  };
}

const overPanels = ofStrides((strides) => [strides[strides.length - 1] * PANEL, ...strides]);

function multiplyPanels(kernel: ProductKernel, panels: Value, rows: number): ProductKernel {
  return {
    ...kernel,
    b: { buffer: panels, offset: 0 },
    rows: [{ extent: kernel.columns / PANEL, a: 0, b: rows * PANEL }, ...kernel.rows],
    columns: PANEL,
    sum: [{ ...kernel.sum[0], b: PANEL }],
    stores: overOtherAxes(kernel.stores, overPanels),
  };
}

function updatePanels(
  kernel: ProductKernel,
  replaced: ReadonlyMap<Value, Value>,
  rows: number,
): ProductKernel {
  const inPanels = (access: Access): Access => {
    const buffer = replaced.get(access.buffer);
    return buffer ? { ...access, buffer, strides: [rows * PANEL, PANEL, 1] } : access;
  };
  const rewrite = (expression: Expression): Expression => {
    if (expression.kind === "load") return { ...expression, access: inPanels(expression.access) };
    if (expression.kind !== "apply") return expression;
    return { ...expression, operands: expression.operands.map(rewrite) };
  };
  return {
    ...kernel,
    rows: [{ extent: kernel.columns / PANEL, a: 0, b: PANEL }, ...kernel.rows],
    columns: PANEL,
    stores: overOtherAxes(kernel.stores, overPanels).map(
      (store): Store => ({ access: inPanels(store.access), expression: rewrite(store.expression) }),
    ),
  };
}
