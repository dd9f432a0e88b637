import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelsOf, type NonZerosKernel, type ProductKernel } from "../../src/compiler/kernel.js";
import { lower } from "../../src/compiler/lower.js";
import { simplify } from "../../src/compiler/passes.js";
import { schedule } from "../../src/compiler/schedule.js";
import * as lax from "../../src/primitives/index.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";
import { Draw } from "./draw.js";
import { atTheEdges, threadByThread } from "./edges.js";
import { byDefinition, expectSameBits, stepByStep, traced } from "./run.js";

const float = (...shape: number[]): TensorType => ({ shape, dtype: "float32" });
const product = (x: Value, w: Value) =>
  lax.dotGeneral(x, w, { contracting: [[x.shape.length - 1], [0]], batch: [[], []] });

/** Finite numbers of which so many percent are 0, of either sign. */
function withZeros(draw: Draw, type: TensorType, percent: number): HostArray {
  const array = draw.array(type, "moderate");
  const line = type.shape[type.shape.length - 1];
  const data = Float32Array.from(array.data as Float32Array, (value, i) => {
    // a hash of the position; some lines have none at all
    const hash = (Math.imul(i + 1, 2654435761) ^ Math.imul(Math.floor(i / line) + 1, 40503)) >>> 0;
    return hash % 100 < percent ? (hash & 256 ? -0 : 0) : value;
  });
  return { ...array, data };
}

/** The same without zeros in the first lines. */
function fullUpTo(lines: number, array: HostArray): HostArray {
  const end = lines * array.shape[array.shape.length - 1];
  return {
    ...array,
    data: (array.data as Float32Array).map((value, i) => (i < end && value === 0 ? 0.5 : value)),
  };
}

/** Two layers, the second one behind relu: results, and gradients of everything. */
function layers(batch: number, inner: number, units: number, last: number): Graph {
  return traced([float(batch, inner), float(inner, units), float(units, last)], (x, first, second) => {
    const hidden = lax.max(product(x, first), 0);
    const y = product(hidden, second);
    const gradients = gradient([y], [lax.mul(y, 0.5)], [x, first, second], lax.sumOfCotangents) as Value[];
    return [y, ...gradients];
  });
}

function kernelsIn(graph: Graph) {
  const simple = simplify(graph);
  const kernels = kernelsOf(schedule(simple, lower(simple)));
  return {
    lists: kernels.filter((kernel): kernel is NonZerosKernel => kernel.kind === "nonzeros"),
    products: kernels.filter((kernel): kernel is ProductKernel => kernel.kind === "product"),
  };
}

const RUNS = Number(process.env.KERATIN_RUNS ?? 25);

describe("products that leave out zeros", () => {
  it("have the bits of the definition, whatever is 0", () => {
    let without = 0;
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const [batch, inner] = [draw.int(4, 60), draw.int(60, 300)];
      const [units, last] = [draw.int(5, 67), draw.int(1, 40)];
      const graph = layers(batch, inner, units, last);
      without += kernelsIn(graph).products.filter(({ nonZeros }) => nonZeros).length;
      const percent = draw.pick([0, 30, 60, 90, 100]);
      const x = withZeros(draw, graph.inputs[0], percent);
      const weights = graph.inputs.slice(1).map((type) => draw.array(type, "moderate"));
      expectSameBits(graph, [x, ...weights]);
    });
    fc.assert(property, { numRuns: RUNS });
    expect(without).toBeGreaterThan(0);
  });

  it("still give NaN for 0 times what is not finite, and for NaN in what is listed", () => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const graph = layers(draw.int(8, 20), draw.int(100, 200), draw.int(40, 67), 9);
      const [x, first, second] = graph.inputs.map((type, i) =>
        i === 0 ? withZeros(draw, type, 80) : draw.array(type, "moderate"),
      );
      for (const { data } of draw.some([x, first, second]))
        data[draw.int(0, data.length - 1)] = draw.pick([Number.NaN, Infinity, -Infinity, 3e38]);
      expectSameBits(graph, [x, first, second]);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("share the lists of one array between the layer and its gradient", () => {
    const { lists, products } = kernelsIn(layers(32, 784, 64, 32));
    const along = products.map(({ nonZeros }) => nonZeros?.along);
    expect(along.filter((axis) => axis === "sum").length).toBeGreaterThanOrEqual(2);
    expect(along.filter((axis) => axis === "rows").length).toBe(2);
    expect(lists.filter(({ length }) => length === 784).length).toBe(1);
  });

  it("are none where nothing says that there are zeros, or where little could be left out", () => {
    const ofExponentials = traced([float(32, 100), float(100, 64)], (x, w) => [product(lax.exp(x), w)]);
    expect(kernelsIn(ofExponentials).lists).toEqual([]);
    expect(kernelsIn(layers(4, 20, 5, 5)).lists).toEqual([]);
  });

  it.each([
    [32, 784, 64],
    [17, 300, 96],
    [9, 230, 48],
  ])("keep to parameters in panels: %i samples of %i, %i units", (batch, inner, units) => {
    const types = [float(inner, units), float(inner, units), float(batch, inner)];
    const graph = traced(types, (w, moment, x) => {
      const y = lax.max(product(x, w), 0);
      const change = lax.dotGeneral(x, lax.sub(y, 0.25), { contracting: [[0], [0]], batch: [[], []] });
      const next = lax.add(lax.mul(moment, 0.5), change);
      return [lax.sub(w, lax.mul(next, 0.01)), next, y];
    });
    for (const i of [0, 1]) graph.updates.set(i, i);
    const { products } = kernelsIn(graph);
    expect(products.map(({ nonZeros, rows }) => [nonZeros?.along, rows.length])).toEqual([
      ["sum", 2],
      ["rows", 2],
    ]);
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const [w, moment] = types.map((type) => draw.array(type, "moderate"));
      const x = withZeros(draw, types[2], draw.pick([20, 80, 95]));
      // one thread may have nothing to list, and another one much
      const arrays = [w, moment, fullUpTo(draw.pick([0, batch >> 1, batch]), x)];
      const expected = byDefinition(graph, arrays);
      const found = [
        [0, 1],
        [2, 0, 1],
        [3, 1, 0, 2],
      ].map((order) => threadByThread(graph, arrays, order));
      for (const results of [...found, ...atTheEdges(graph, arrays)])
        for (const [k, { data }] of expected.entries())
          expect(data.findIndex((value, i) => !Object.is(value, results[k][i]))).toBe(-1);
    });
    fc.assert(property, { numRuns: 10 });
  });
});

/** A layer over rows that are picked from a sparse input, and the gradient of its weights. */
function overPicked(count: number, length: number, batch: number, units: number): Graph {
  const types: TensorType[] = [
    float(count, length),
    { shape: [batch], dtype: "int32" },
    float(length, units),
  ];
  const graph = traced(types, (rows, picks, w) => {
    const y = product(lax.gather(rows, picks, { axis: 0 }), w);
    return [y, ...(gradient([y], [lax.mul(y, 0.5)], [w], lax.sumOfCotangents) as Value[])];
  });
  graph.sparse.add(0);
  return graph;
}

describe("lists of rows of a sparse input", () => {
  const drawn = (draw: Draw) => {
    const [count, length] = [draw.int(4, 40), draw.int(100, 260)];
    const [batch, units] = [draw.int(8, 33), draw.int(40, 60)];
    const graph = overPicked(count, length, batch, units);
    const [rows, picks, weights] = graph.inputs;
    return {
      graph,
      rows: withZeros(draw, rows, draw.pick([40, 60, 90, 100])),
      // some lie outside, as those of a gather may
      picks: (): HostArray => ({
        ...picks,
        data: Int32Array.from({ length: batch }, () => draw.int(-2, count + 1)),
      }),
      weights: draw.array(weights, "moderate"),
    };
  };

  it("stand in for the rows, which nobody gathers", () => {
    const simple = simplify(overPicked(30, 200, 32, 40));
    const kernels = kernelsOf(schedule(simple, lower(simple)));
    expect(kernels.map(({ kind }) => kind)).toEqual(["nonzeros", "product", "product"]);
  });

  it("are not kept if the rows are needed, or may change", () => {
    const changing = overPicked(30, 200, 32, 40);
    changing.sparse.clear();
    const types: TensorType[] = [float(30, 200), { shape: [32], dtype: "int32" }, float(200, 40)];
    const needed = traced(types, (rows, picks, w) => {
      const batch = lax.gather(rows, picks, { axis: 0 });
      return [product(batch, w), lax.reduceSum(batch, [1])];
    });
    const viewed = traced(types, (rows, picks, w) => {
      const batch = lax.gather(rows, picks, { axis: 0 });
      return [product(batch, w), lax.reshape(batch, [16, 400])];
    });
    for (const graph of [needed, viewed]) graph.sparse.add(0);
    for (const graph of [changing, needed, viewed]) {
      const { lists } = kernelsIn(graph);
      expect(lists.map(({ kept }) => kept)).toEqual([undefined]);
    }
  });

  it("give the bits of the definition, also where a weight is not finite", () => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { graph, rows, picks, weights } = drawn(draw);
      for (const { data } of draw.some([weights, rows]))
        data[draw.int(0, data.length - 1)] = draw.pick([Number.NaN, Infinity, -Infinity]);
      expectSameBits(graph, [rows, picks(), weights]);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("are kept from step to step, as many as there is room for", () => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { graph, rows, picks, weights } = drawn(draw);
      const steps = Array.from({ length: 4 }, picks);
      const found = stepByStep(
        graph,
        steps.map((step) => [rows, step, weights]),
      );
      for (const [i, step] of steps.entries())
        for (const [k, { data }] of byDefinition(graph, [rows, step, weights]).entries())
          expect(data.findIndex((value, at) => !Object.is(value, found[i][k][at]))).toBe(-1);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("are not made again", () => {
    const graph = overPicked(10, 200, 32, 40);
    const draw = new Draw(fc.sample(fc.gen(), 1)[0]);
    const [before, after] = [90, 90].map((percent) => withZeros(draw, graph.inputs[0], percent));
    const picks: HostArray = {
      ...graph.inputs[1],
      data: Int32Array.from({ length: 32 }, (_, i) => i % 10),
    };
    const weights = draw.array(graph.inputs[2], "moderate");
    // what must not happen outside of a test: the rows change while their lists are kept
    const [, second] = stepByStep(graph, [
      [before, picks, weights],
      [after, picks, weights],
    ]);
    expect([...second[0]]).toEqual([...byDefinition(graph, [before, picks, weights])[0].data]);
  });
});
