import { compile, KerasTensor, ops, type Tensor, tensor, Variable, valueAndGrad } from "keratin";
import { describe, expect, it } from "vitest";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

/** The calls of tests/golden/make/opsControl.py. */
const calls: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  map: (x) => ops.map((row: Tensor) => row.mul(row).sum(), x),
  map_nested: (x) => ops.map(([a, b]: Tensor[]): Tensor => a.mul(b), [x, x.slice([0, 0], [3, 1])] as never),
  vectorized_map: (x) => ops.vectorizedMap((row: Tensor) => ops.sin(row).mul(row), x),
  cond_true: (x) =>
    ops.cond(
      x.sum().less(9),
      () => x.mul(2),
      () => ops.sin(x),
    ),
  cond_false: (x) =>
    ops.cond(
      x.sum().greater(9),
      () => x.mul(2),
      () => ops.sin(x),
    ),
  switch: (x) => ops.switch(x.at(0).argmax(), [(v: Tensor) => v, (v) => v.mul(2), (v) => v.neg()], x),
  switch_beyond: (x) => ops.switch(7, [(v: Tensor) => v, (v) => v.mul(2), (v) => v.mul(v)], x),
  associative_scan: (x) => ops.associativeScan((a: Tensor, b: Tensor) => a.add(b), x),
  associative_scan_reverse: (x) => ops.associativeScan((a: Tensor, b: Tensor) => a.mul(b), x, true, 1),
  jvp: (x) => ops.jvp((v) => ops.sin(v).mul(v.sum(1, true)), [x], [ops.cos(x)])[1],
  jvp_results: (x) =>
    ops.jvp(
      (v, w) => ops.matmul(v, w.transpose()),
      [x, x.slice([0], [2])],
      [x.mul(2), ops.sin(x.slice([0], [2]))],
    )[1],
  rearrange: (x) => ops.rearrange(ops.concatenate([x, x], 1), "a (b c) -> c (a b)", { b: 2 }),
  associative_scan_pairs: (x) =>
    ops.associativeScan(
      ([a, b]: Tensor[], [c, d]: Tensor[]) => [a.mul(c), c.mul(b).add(d)],
      [x, ops.cos(x)],
      false,
      1,
    )[1],
};

function expectClose(found: Tensor, expected: GoldenArray): void {
  expect(found.shape).toEqual(expected.shape);
  for (const [i, value] of expected.data.entries())
    expect(
      Math.abs(found.data[i] - value),
      `element ${i}: ${found.data[i]} for ${value}`,
    ).toBeLessThanOrEqual(4e-6 * Math.max(1, Math.abs(value)));
}

const { x: given, cases } = golden<{
  readonly x: GoldenArray;
  readonly cases: readonly {
    readonly name: string;
    readonly output: GoldenArray;
    readonly gradient: GoldenArray;
  }[];
}>("opsControl");

describe("operations that take functions equal Keras's", () => {
  it("are all tried", () => expect(cases.map(({ name }) => name)).toEqual(Object.keys(calls)));
  for (const { name, output, gradient } of cases) {
    it(name, () => {
      const x = goldenTensor(given);
      const call = calls[name];
      expectClose(call(x), output);
      expectClose(compile(call)(x), output);
      const weights = tensor(
        Float32Array.from(output.data, (_, i) => Math.cos(i)),
        output.shape,
      );
      expectClose(valueAndGrad((v: Tensor) => call(v).mul(weights).sum())(x)[1], gradient);
    });
  }
});

describe("rearrange", () => {
  it("becomes reshapes and transposes of a functional model", () => {
    const x = new KerasTensor([null, 6, 4]);
    expect(ops.rearrange(x, "b (h p) c -> b h (p c)", { p: 2 }).shape).toEqual([null, 3, 8]);
  });
  it("says what does not fit", () => {
    expect(() => ops.rearrange([[1, 2]], "a b -> a")).toThrow("the same names on both sides");
    expect(() => ops.rearrange([[1, 2, 3]], "a (b c) -> a b c", { b: 2 })).toThrow("axis 1 does not have");
    expect(() => ops.jvp((x) => x, [[1, 2]], [[1]])).toThrow("a float32 tangent for each float32 primal");
  });
});

describe("branches", () => {
  it("where the choice is known, only that one is computed", () => {
    const other = () => {
      throw new Error("not this one");
    };
    expect(ops.cond(true, () => tensor(1), other).item()).toBe(1);
    expect(ops.switch(1, [other, () => tensor(2)]).item()).toBe(2);
  });
  it("refuse what cannot be chosen from", () => {
    const variable = new Variable(0);
    const choose = compile((x: Tensor) =>
      ops.cond(
        x.greater(0),
        () => {
          variable.assign(1);
          return x;
        },
        () => x,
      ),
    );
    expect(() => choose(tensor(1))).toThrow("a variable was assigned inside of a branch");
    const differ = compile((x: Tensor) => ops.switch(x, [() => tensor(1), () => tensor([1])]));
    expect(() => differ(tensor(1, [], "int32"))).toThrow("one structure, shape and dtype");
    expect(() =>
      ops.cond(
        new KerasTensor([], "bool") as never,
        () => 1,
        () => 2,
      ),
    ).toThrow("a layer of your own");
  });
});

describe("conversions", () => {
  it("tell tensors and dtypes", () => {
    expect([tensor(1), new Variable(1), [1], new KerasTensor([1])].map(ops.isTensor)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(ops.dtype(tensor([1], undefined, "uint8"))).toBe("uint8");
    expect(ops.convertToNumpy(new Variable([1, 2]))).toEqual(Float32Array.of(1, 2));
    expect(() => ops.convertToTensor([1], null, true)).toThrow("no sparse");
  });
});
