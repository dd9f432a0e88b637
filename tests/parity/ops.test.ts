import { readdirSync } from "node:fs";
import { ops } from "keratin";
import { describe, expect, it } from "vitest";
import { KerasTensor, replaceKerasTensors } from "../../src/ops/kerasTensor.js";
import { definitionOf, OperationNode } from "../../src/ops/operation.js";
import { leaves, type Structure } from "../../src/ops/structure.js";
import { Tensor, tensor, valueOf } from "../../src/ops/tensor.js";
import * as lax from "../../src/primitives/index.js";
import { type DType, newArray } from "../../src/tensor/dtype.js";
import { traceGraph } from "../../src/trace/current.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType } from "../../src/trace/graph.js";
import { camelCaseKeys, type Json } from "../../src/utils/serialization.js";
import { byDefinition, expectSameBits } from "../backends/run.js";
import { golden } from "./golden.js";

/** Infinities and NaN are written as text. */
interface GoldenNumbers {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: readonly (number | string)[];
}

interface OpCase {
  readonly name: string;
  /** Arrays, and lists of them, as Keras's function got them. */
  readonly args: readonly Json[];
  readonly settings: Readonly<Record<string, Json>>;
  readonly outputs: readonly GoldenNumbers[];
  /** Of the sum of all elements times cos 0, cos 1, …, with respect to each float32 argument. */
  readonly gradients?: readonly GoldenNumbers[];
  readonly operation?: { readonly module: string; readonly className: string; readonly config: Json };
  /** Where an algorithm's error is more than that of a few roundings: times the largest element. */
  readonly tolerance?: number;
  /** Whether the result's shape depends on numbers: the function refuses to be traced. */
  readonly eager?: boolean;
}

const SPECIAL: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const numbersOf = ({ data }: GoldenNumbers) => data.map((v) => (typeof v === "string" ? SPECIAL[v] : v));
const arrayOf = (array: GoldenNumbers) =>
  tensor(newArray(array.dtype, numbersOf(array)), array.shape, array.dtype);

/** The arguments with something in place of each array. */
function withArrays(args: Json, replace: (array: GoldenNumbers) => unknown): unknown {
  if (Array.isArray(args)) return args.map((part) => withArrays(part, replace));
  if (typeof args === "object" && args !== null && "array" in args)
    return replace((args as { readonly array: Json }).array as unknown as GoldenNumbers);
  return args;
}

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function functionOf(name: string): (...args: unknown[]) => unknown {
  const found = name
    .split(".")
    .reduce((from, part) => (from as Record<string, unknown>)[camelCase(part)], ops as unknown);
  expect(found, name).toBeTypeOf("function");
  return found as (...args: unknown[]) => unknown;
}

/** Functions that are no operations and have their settings in an object. */
const optional = new Set(["unique"]);

/** Calls a function of `ops` with settings that have Keras's names. */
function call({ name, settings }: OpCase, args: readonly unknown[]): unknown {
  const fn = functionOf(name);
  const definition = definitionOf(fn);
  if (!definition && optional.has(name)) return fn(...args, camelCaseKeys(settings));
  if (!definition) return fn(...args, ...Object.values(settings));
  const { settings: known, tensors } = definition.signature;
  const names = [...known, ...tensors].map((part) => part.name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(settings)));
  const setting = ({ name, otherwise = null }: { readonly name: string; readonly otherwise?: Json }) =>
    settings[name] === null && otherwise === null ? undefined : settings[name];
  const first = tensors.filter(({ option }) => !option);
  const options = known.filter(({ option, name }) => option && name in settings);
  const byName = tensors.flatMap(({ name, option }, i) => (option ? [[name, args[i]] as const] : []));
  return fn(
    ...(definition.signature.variadic ? [args[0]] : first.map((part, i) => args[i] ?? setting(part))),
    ...known.filter(({ option }) => !option).map(setting),
    ...(options.length + byName.length > 0
      ? [
          camelCaseKeys(
            Object.fromEntries([...byName, ...options.map((o) => [o.name, settings[o.name]] as const)]),
          ),
        ]
      : []),
  );
}

function expectClose(
  found: readonly {
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly data: ArrayLike<number>;
  }[],
  expected: readonly GoldenNumbers[],
  tolerance: number | undefined,
): void {
  expect(found.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  for (const [k, array] of expected.entries()) {
    const values = numbersOf(array);
    const largest = Math.max(...values.map(Math.abs).filter(Number.isFinite), 1);
    for (const [i, value] of values.entries()) {
      const other = found[k].data[i];
      if (Object.is(other, value) || other === value) continue;
      const allowed = tolerance ? tolerance * largest : 4e-6 * Math.max(1, Math.abs(value));
      const text = `result ${k}, element ${i}: ${other} for ${value}`;
      expect(Math.abs(other - value), text).toBeLessThanOrEqual(array.dtype === "float32" ? allowed : 0);
    }
  }
}

/** What a call computes of values: results, or gradients. */
function traced(each: OpCase, arrays: readonly TensorType[], gradients: boolean): Graph {
  return traceGraph(arrays, (...values) => {
    let next = 0;
    const results = leaves<Tensor>(
      call(
        each,
        withArrays(each.args as Json, () => new Tensor(values[next], values[next++])) as unknown[],
      ) as Structure<Tensor>,
    ).map((t) => valueOf(t));
    if (!gradients) return results;
    const outputs = results.filter(({ dtype }) => dtype === "float32");
    const weights = each.outputs
      .filter(({ dtype }) => dtype === "float32")
      .map((array) => {
        const data = numbersOf(array).map((value, i) => (Number.isFinite(value) ? Math.cos(i) : 0));
        return valueOf(tensor(Float32Array.from(data), array.shape));
      });
    const inputs = values.filter(({ dtype }) => dtype === "float32");
    return gradient(outputs, weights, inputs, lax.sumOfCotangents).map(
      (found, i) => found ?? lax.full(inputs[i].shape, 0, "float32"),
    );
  });
}

const groups = readdirSync(new URL("../golden/ops/", import.meta.url)).map((file) =>
  file.replace(".json", ""),
);

/** Settings with numbers in place of what stands for infinities. */
const withInfinities = (settings: Readonly<Record<string, Json>>) =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      value === "inf" || value === "-inf" ? SPECIAL[value] : value,
    ]),
  );

for (const group of groups) {
  describe(`ops equal Keras's: ${group}`, () => {
    const { cases: written } = golden<{ readonly cases: readonly OpCase[] }>(`ops/${group}`);
    const cases = written.map((each) => ({ ...each, settings: withInfinities(each.settings) }));
    for (const [index, each] of cases.entries()) {
      const { name, args, settings, outputs, gradients, operation, tolerance, eager } = each;
      it(`${index} ${name} ${JSON.stringify(settings)}`, () => {
        const arrays: Tensor[] = [];
        const given = withArrays(args as Json, (array) => {
          arrays.push(arrayOf(array));
          return arrays[arrays.length - 1];
        }) as unknown[];
        const results = leaves<Tensor>(call(each, given) as Structure<Tensor>);
        expectClose(results, outputs, tolerance);
        if (eager) {
          expect(() => traced(each, arrays, false)).toThrow("outside of compiled functions");
          return;
        }
        expectSameBits(traced(each, arrays, false), arrays);
        if (gradients) {
          const graph = traced(each, arrays, true);
          expectClose(byDefinition(graph, arrays), gradients, tolerance);
          expectSameBits(graph, arrays);
        }
        if (!operation) return;
        const symbolsOf: KerasTensor[] = [];
        const symbols = withArrays(args as Json, ({ shape, dtype }) => {
          symbolsOf.push(new KerasTensor(shape, dtype));
          return symbolsOf[symbolsOf.length - 1];
        }) as unknown[];
        const symbolic = leaves<KerasTensor>(call(each, symbols) as Structure<KerasTensor>);
        expect(symbolic.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
          outputs.map(({ shape, dtype }) => ({ shape, dtype })),
        );
        const node = symbolic[0].history?.operation as OperationNode;
        expect(node).toBeInstanceOf(OperationNode);
        const { name: _name, ...config } = node.getConfig();
        expect({ module: node.module, className: node.className, config }).toEqual({
          ...operation,
          config: withInfinities(operation.config as Record<string, Json>),
        });
        // another one of the same configuration, run on what the node stands for
        const again = OperationNode.fromConfig(node.definition, structuredClone(node.getConfig()));
        const [recorded] = node.inboundNodes;
        const concrete = (part: unknown) =>
          replaceKerasTensors(part, (symbol) => arrays[symbolsOf.indexOf(symbol)]);
        const found = again.run(
          concrete(recorded.args) as readonly unknown[],
          concrete(recorded.options) as Readonly<Record<string, unknown>>,
        );
        expectClose(leaves<Tensor>(found), outputs, tolerance);
      });
    }
  });
}
