import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as lax from "../../src/primitives/index.js";
import type { TypedArray } from "../../src/tensor/dtype.js";
import { gradient } from "../../src/trace/grad.js";
import type { TensorType, Value } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";
import { Draw } from "./draw.js";
import { type Example, primitives } from "./examples.js";
import { byDefinition, expectSameBits, traced } from "./run.js";

/** How many examples of each primitive; KERATIN_RUNS asks for a longer search. */
const RUNS = Number(process.env.KERATIN_RUNS ?? 20);

/** Where a primitive gets its name. */
const DEFINITION =
  /(?:^ {2,4}name: |define(?:Elementwise|Reduction|Argument)\(|bitwise\(|shift\(|comparison\(\s*)"([a-z0-9_]+)"/gm;

const results = (value: Value | readonly Value[]) =>
  (Array.isArray(value) ? value : [value]) as readonly Value[];
const isFloat = ({ dtype }: TensorType) => dtype === "float32";

it("every primitive that the sources define has examples", () => {
  const folder = new URL("../../src/primitives/", import.meta.url);
  const defined = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => [...readFileSync(new URL(file, folder), "utf8").matchAll(DEFINITION)]);
  expect(new Set(defined.map(([, name]) => name))).toEqual(new Set(Object.keys(primitives)));
});

describe("wasm gives the bits of the definition", () => {
  for (const [name, examples] of Object.entries(primitives)) {
    it(name, () => {
      const property = fc.property(fc.gen(), (gen) => {
        const draw = new Draw(gen);
        const { operands, apply } = examples(draw);
        const graph = traced(operands, (...values) => results(apply(...values)));
        expectSameBits(
          graph,
          operands.map((operand) => draw.array(operand, operand.filling)),
        );
      });
      fc.assert(property, { numRuns: RUNS });
    });
  }
});

/** Whose derivative is 0 by definition, or does not exist, or is never asked for since it is put into finished graphs; `rem` and the roundings jump and have tests of their own. */
const NOT_SMOOTH = new Set([
  ...["stop_gradient", "while", "sign", "floor", "ceil", "round", "rem"],
  ...["conv_kernel_gradient_of_winners", "conv_of_winners", "winograd_convolution"],
]);

describe("derivatives are those of finite differences, and wasm computes them with the same bits", () => {
  for (const [name, examples] of Object.entries(primitives)) {
    if (NOT_SMOOTH.has(name)) continue;
    it(name, () => {
      const property = fc.property(fc.gen(), (gen) => {
        const draw = new Draw(gen, true);
        const example = examples(draw);
        if (example.operands.some(isFloat)) expectDerivative(name, draw, example);
      });
      fc.assert(property, { numRuns: RUNS });
    });
  }
});

const products = (a: TypedArray, b: TypedArray) => Array.from(a, (v, i) => v * b[i]);
const sum = (terms: readonly number[]) => terms.reduce((total, term) => total + term, 0);

function expectDerivative(name: string, draw: Draw, { operands, apply }: Example): void {
  const { arrays, gap } = draw.apart(operands.filter(isFloat));
  const inputs = operands.map((operand) =>
    isFloat(operand) ? (arrays.shift() as HostArray) : draw.array(operand, operand.filling),
  );
  const graph = traced(operands, (...values) => results(apply(...values)).filter(isFloat));
  if (graph.outputs.length === 0) return;
  const cotangents = graph.outputs.map((output) => draw.array(output, "moderate"));

  const backwards = traced([...operands, ...cotangents], (...values) => {
    const own = values.slice(0, operands.length);
    const outputs = results(apply(...own)).filter(isFloat);
    const wanted = own.filter(isFloat);
    const found = gradient(outputs, values.slice(operands.length), wanted, lax.sumOfCotangents);
    return found.map((value, i) => value ?? lax.full(wanted[i].shape, 0, "float32"));
  });
  const gradients = byDefinition(backwards, [...inputs, ...cotangents]);
  expectSameBits(backwards, [...inputs, ...cotangents]);

  /** Σ cotangent · result, in double precision. */
  const lossAt = (moved: readonly HostArray[]) =>
    sum(byDefinition(graph, moved).flatMap(({ data }, k) => products(data, cotangents[k].data)));
  // where elements are compared, no two of them pass one another
  const step = /max|min|sort|top_k|clamp/.test(name) ? Math.min(2 ** -7, gap / 4) : 2 ** -7;
  let next = 0;
  for (const [k, input] of inputs.entries()) {
    if (!isFloat(input)) continue;
    const direction = draw.array(input, "moderate").data.map((v) => v / 2);
    const moved = (by: number) =>
      inputs.map((other, j) =>
        j === k ? { ...other, data: other.data.map((v, i) => v + by * direction[i]) } : other,
      );
    const slope = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
    const terms = products(gradients[next++].data, direction);
    const expected = sum(terms);
    const scale = Math.max(1, ...terms.map(Math.abs)) * Math.sqrt(Math.max(1, terms.length));
    expect(Math.abs(slope - expected), `operand ${k}: ${slope} for ${expected}`).toBeLessThan(1e-3 * scale);
  }
}
