import fc from "fast-check";
import { it } from "vitest";
import * as lax from "../../src/primitives/index.js";
import { type Shape, sameShape, sizeOf } from "../../src/tensor/shape.js";
import { gradient } from "../../src/trace/grad.js";
import type { Value } from "../../src/trace/graph.js";
import { Draw } from "./draw.js";
import { expectSameBits, traced } from "./run.js";

// Programs of many operations: what is fused, reordered, tiled or laid out anew must not change a bit.

type Step = (draw: Draw, values: readonly Value[]) => Value;

const axesOf = (value: Value) => value.shape.map((_, axis) => axis);
const repeated = (small: Value, like: Value, axes: readonly number[]) =>
  lax.broadcastInDim(
    small,
    like.shape,
    axesOf(like).filter((axis) => !axes.includes(axis)),
  );
const partner = (draw: Draw, values: readonly Value[], shape: Shape) => {
  const fitting = values.filter((value) => sameShape(value.shape, shape));
  return draw.pick(fitting);
};

const steps: readonly Step[] = [
  (draw, values) =>
    draw.pick([lax.neg, lax.abs, lax.exp, lax.tanh, lax.logistic, lax.sqrt, lax.round])(draw.pick(values)),
  (draw, values) => {
    const x = draw.pick(values);
    return draw.pick([lax.add, lax.sub, lax.mul, lax.max, lax.div])(x, partner(draw, values, x.shape));
  },
  (draw, values) => {
    const [x, y] = [draw.pick(values), draw.pick([0, 0.5, -1])];
    return lax.select(lax.gt(x, y), x, partner(draw, values, x.shape));
  },
  // a sum over some axes, kept or repeated over them again, as in softmax and normalization
  (draw, values) => {
    const x = draw.pick(values);
    const axes = draw.some(axesOf(x));
    const folded = draw.pick([lax.reduceSum, lax.reduceMax])(x, axes);
    return draw.chance(30) ? folded : lax.sub(x, repeated(folded, x, axes));
  },
  (draw, values) => {
    const x = draw.pick(values);
    return lax.transpose(x, draw.shuffled(axesOf(x)));
  },
  (draw, values) => {
    const x = draw.pick(values);
    return lax.reshape(x, draw.pick([[sizeOf(x.shape)], [...x.shape, 1], [1, ...x.shape]]));
  },
  (draw, values) => {
    const x = draw.pick(values);
    const start = x.shape.map((size) => draw.int(0, size - 1));
    const limit = x.shape.map((size, axis) => draw.int(start[axis] + 1, size));
    return lax.slice(x, start, limit);
  },
  (draw, values) => {
    const x = draw.pick(values);
    const zero = lax.full([], 0, "float32");
    const widths = () => x.shape.map(() => draw.int(0, 1));
    return sizeOf(x.shape) > 2_000 ? x : lax.pad(x, zero, widths(), widths());
  },
  // values side by side, computed just for that or used elsewhere too
  (draw, values) => {
    const x = draw.pick(values);
    if (x.shape.length === 0 || sizeOf(x.shape) > 2_000) return x;
    const parts = [lax.neg(x), partner(draw, values, x.shape), lax.mul(x, x), lax.max(x, 0)];
    return lax.concatenate(draw.shuffled(parts).slice(draw.int(0, 2)), draw.int(0, x.shape.length - 1));
  },
  // a layer: product, bias, activation
  (draw, values) => {
    const x = draw.pick(values);
    if (x.shape.length === 0) return x;
    const inner = x.shape.length - 1;
    const units = draw.size(35);
    const kernel = lax.div(lax.iota([x.shape[inner], units], "float32", 0), 64);
    const z = lax.dotGeneral(x, kernel, { contracting: [[inner], [0]], batch: [[], []] });
    const bias = lax.div(lax.iota([units], "float32"), -8);
    return draw.chance(50) ? z : lax.max(lax.add(z, lax.broadcastTo(bias, z.shape)), 0);
  },
  (draw, values) => {
    const x = draw.pick(values);
    if (x.shape.length === 0) return x;
    return lax.cumsum(x, draw.int(0, x.shape.length - 1), draw.chance(50));
  },
];

it("programs of random operations, and their derivatives", { timeout: 120_000 }, () => {
  const property = fc.property(fc.gen(), (gen) => {
    const draw = new Draw(gen);
    const [a, b] = [draw.shape(1, 3), draw.shape(0, 2)];
    const operands = [a, a, b].map((shape) => draw.array({ shape, dtype: "float32" }, "moderate"));
    const withDerivative = draw.chance(50);
    const graph = traced(operands, (...inputs) => {
      const values = [...inputs];
      for (let i = draw.int(2, 10); i > 0; i--) values.push(draw.pick(steps)(draw, values));
      const results = draw.some(values.slice(3));
      const last = values[values.length - 1];
      if (!withDerivative) return [...results, last];
      const gradients = gradient([last], [lax.full(last.shape, 1, "float32")], inputs, lax.sumOfCotangents);
      return [...results, last, ...gradients.filter((value) => value !== undefined)];
    });
    expectSameBits(graph, operands);
  });
  fc.assert(property, { numRuns: Number(process.env.KERATIN_RUNS ?? 150) });
});

it("a product of no rows, whose operand would be copied in another order", () => {
  const types = [
    { shape: [0, 0, 4, 3], dtype: "float32" },
    { shape: [0, 0, 3, 21, 4], dtype: "float32" },
  ] as const;
  const params = {
    contracting: [
      [2, 3],
      [4, 2],
    ],
    batch: [[0], [1]],
  } as const;
  const graph = traced(types, (x, y) => [lax.dotGeneral(x, y, params)]);
  expectSameBits(
    graph,
    types.map((type) => ({ ...type, data: new Float32Array() })),
  );
});
