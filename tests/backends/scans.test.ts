import fc from "fast-check";
import { expect, it } from "vitest";
import * as lax from "../../src/primitives/index.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { traceGraph } from "../../src/trace/current.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import { Draw } from "./draw.js";
import { byDefinition, expectSameBits } from "./run.js";

// Recurrent loops of random cells: what is kept for the derivative, summed after the loop, taken out of it or shared out
// between threads must not change a bit, and the derivative is that of the loop written out.

interface Loop {
  readonly constants: readonly TensorType[];
  readonly carries: readonly TensorType[];
  readonly slices: readonly TensorType[];
  readonly length: number;
  readonly reverse: boolean;
  readonly body: Graph;
}

const float = (...shape: number[]): TensorType => ({ shape, dtype: "float32" });

/** A cell with a product of a state and a weight, gates that lie side by side, and what comes up between them. */
function drawLoop(draw: Draw): Loop {
  const [batch, units, gates] = [
    draw.pick([1, 2, 5, 8, 12, 32]),
    draw.pick([1, 3, 4, 8, 13]),
    draw.int(1, 4),
  ];
  const width = gates * units;
  const masked = draw.chance(30);
  const projected = draw.chance(60);
  const constants = [float(units, width), float(width), float(units)];
  const carries = Array.from({ length: draw.int(1, 3) }, () => float(batch, units));
  const slices: TensorType[] = [float(batch, projected ? width : units)];
  if (masked) slices.push({ shape: [batch, 1], dtype: "bool" });
  const body = traceGraph([...constants, ...carries, ...slices], (kernel, bias, scale, ...values) => {
    const states = values.slice(0, carries.length);
    const [x, present] = values.slice(carries.length);
    const shape = [batch, units];
    const product = (state: Value) =>
      lax.dotGeneral(state, kernel, { contracting: [[1], [0]], batch: [[], []] });
    let sums = product(draw.pick(states));
    if (draw.chance(50)) sums = lax.add(sums, bias);
    if (projected) sums = lax.add(x, sums);
    else if (draw.chance(50)) sums = lax.add(product(x), sums);
    const pool = [...states];
    for (let gate = 0; gate < gates; gate++) {
      const activation = draw.pick([lax.tanh, lax.logistic, lax.exp, (v: Value) => lax.max(v, 0)]);
      pool.push(activation(lax.slice(sums, [0, gate * units], [batch, (gate + 1) * units])));
    }
    const steps: readonly (() => Value)[] = [
      () => lax.mul(draw.pick(pool), draw.pick(pool)),
      () => lax.add(draw.pick(pool), draw.pick(pool)),
      () => lax.sub(1, draw.pick(pool)),
      () => lax.tanh(draw.pick(pool)),
      () => lax.mul(draw.pick(pool), lax.broadcastTo(scale, shape)),
      () => lax.mul(draw.pick(pool), lax.exp(lax.broadcastTo(scale, shape))),
      () => {
        const v = draw.pick(pool);
        const mean = lax.div(lax.reduceSum(v, [1]), units);
        return lax.sub(v, lax.broadcastInDim(mean, shape, [0]));
      },
    ];
    for (let i = draw.int(0, 6); i > 0; i--) pool.push(draw.pick(steps)());
    const next = states.map((state) => {
      const value = lax.tanh(draw.pick(pool));
      return present ? lax.select(lax.broadcastTo(present, shape), value, state) : value;
    });
    return [...next, ...draw.some([...pool, ...next])];
  });
  return { constants, carries, slices, length: draw.int(0, 6), reverse: draw.chance(40), body };
}

/** The loop written out: the body once for each step. */
function writtenOut({ body, constants, carries, slices, length, reverse }: Loop, inputs: readonly Value[]) {
  const fixed = inputs.slice(0, constants.length);
  let carried = inputs.slice(constants.length, constants.length + carries.length);
  const given = inputs.slice(constants.length + carries.length);
  const results: Value[][] = [];
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const now = slices.map(({ shape }, i) => {
      const { shape: whole } = given[i];
      const start = [at, ...shape.map(() => 0)];
      return lax.reshape(lax.slice(given[i], start, [at + 1, ...whole.slice(1)]), shape);
    });
    const outputs = lax.inlineGraph(body, [...fixed, ...carried, ...now]);
    carried = outputs.slice(0, carries.length);
    results[at] = outputs.slice(carries.length);
  }
  const stacked = body.outputs.slice(carries.length).map(({ shape }, i) => {
    const rows = results.map((result) => lax.reshape(result[i], [1, ...shape]));
    return rows.length > 0 ? lax.concatenate(rows, 0) : lax.full([0, ...shape], 0, "float32");
  });
  return [...carried, ...stacked];
}

/** The loop's results, then the derivatives of some of them. */
function withDerivatives(
  loop: Loop,
  seeded: readonly boolean[],
  run: (inputs: readonly Value[]) => readonly Value[],
): Graph {
  const { constants, carries, slices, length } = loop;
  const stacked = slices.map((type) => ({ ...type, shape: [length, ...type.shape] }));
  return traceGraph([...constants, ...carries, ...stacked], (...inputs) => {
    const outputs = run(inputs);
    const wanted = inputs.filter(({ dtype }) => dtype === "float32");
    const seeds = outputs.filter((_, i) => seeded[i]);
    const cotangents = seeds.map(({ shape }) =>
      lax.sub(lax.div(lax.iota([sizeOf(shape)], "float32"), 16), 0.5),
    );
    const found = gradient(
      seeds,
      cotangents.map((cotangent, i) => lax.reshape(cotangent, seeds[i].shape)),
      wanted,
      lax.sumOfCotangents,
    );
    return [...outputs, ...found.map((value, i) => value ?? lax.full(wanted[i].shape, 0, "float32"))];
  });
}

it("loops over random cells, and their derivatives", { timeout: 300_000 }, () => {
  const property = fc.property(fc.gen(), (gen) => {
    const draw = new Draw(gen);
    const loop = drawLoop(draw);
    const { constants, carries, body, length, reverse } = loop;
    const seeded = body.outputs.map((_, i) => i === 0 || draw.chance(60));
    const looped = withDerivatives(loop, seeded, (inputs) =>
      lax.scan(
        body,
        inputs.slice(0, constants.length),
        inputs.slice(constants.length, constants.length + carries.length),
        inputs.slice(constants.length + carries.length),
        { length, reverse },
      ),
    );
    const inputs = looped.inputs.map((type) => draw.array(type, "moderate"));
    expectSameBits(looped, inputs);
    const found = byDefinition(looped, inputs);
    // what nobody wants of a loop is not computed, which changes nothing else
    const wanted = draw.some(looped.outputs);
    looped.outputs = wanted.length > 0 ? wanted : looped.outputs.slice(-1);
    expectSameBits(looped, inputs);
    const expected = byDefinition(
      withDerivatives(loop, seeded, (values) => writtenOut(loop, values)),
      inputs,
    );
    for (const [k, { data }] of expected.entries()) {
      const largest = Math.max(1, ...Array.from(data, Math.abs));
      for (const [i, value] of data.entries())
        expect(Math.abs(found[k].data[i] - value)).toBeLessThan(2e-5 * largest);
    }
  });
  fc.assert(property, { numRuns: Number(process.env.KERATIN_RUNS ?? 100) });
});
