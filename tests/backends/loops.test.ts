import { afterEach, describe, expect, it } from "vitest";
import { compile, valueAndGrad } from "../../src/ops/compile.js";
import * as ops from "../../src/ops/index.js";
import { type Tensor, tensor } from "../../src/ops/tensor.js";
import { Variable } from "../../src/ops/variable.js";
import { setBackend } from "../../src/runtime/setBackend.js";
import { numbers } from "./numbers.js";

afterEach(() => setBackend("wasm"));

/** Both backends' results, which must be the same bits. */
function onBoth<R>(compute: () => R): R {
  setBackend("reference");
  const reference = compute();
  setBackend("wasm");
  expect(compute()).toEqual(reference);
  return reference;
}

describe("scan", () => {
  it("carries, stacks results and goes backwards", () => {
    const xs = tensor([1, 2, 3, 4]);
    const step = (sum: Tensor, x: Tensor): [Tensor, Tensor] => [sum.add(x), sum.mul(10)];
    const forwards = onBoth(() => ops.scan(step, tensor(0), xs).map((t) => t.toArray()));
    expect(forwards).toEqual([10, [0, 10, 30, 60]]);
    const backwards = onBoth(() => ops.scan(step, tensor(0), xs, { reverse: true }).map((t) => t.toArray()));
    expect(backwards).toEqual([10, [90, 70, 40, 0]]);
  });

  it("with trees, integers, no slices and no steps", () => {
    const result = onBoth(() => {
      const [carry] = ops.scan(
        ({ a, n }) => [{ a: a.add(n), n: n.add(1) }, null],
        { a: tensor([0, 0]), n: tensor([0], [], "int32") },
        undefined,
        { length: 5 },
      );
      return [carry.a.toArray(), carry.n.item()];
    });
    expect(result).toEqual([[10, 10], 5]);
    const [carry, results] = ops.scan((c: Tensor, x: Tensor) => [c.add(x), c], tensor(7), numbers([0], 1));
    expect([carry.item(), results.shape]).toEqual([7, [0]]);
  });

  /** A recurrent network: what its gradient is when the loop is written out. */
  const hidden = (state: Tensor, x: Tensor, w: Tensor, u: Tensor) =>
    ops.tanh(ops.matmul(x, w).add(ops.matmul(state, u)));
  const looped = (w: Tensor, u: Tensor, xs: Tensor) => {
    const [last, states] = ops.scan(
      (state: Tensor, x: Tensor) => {
        const next = hidden(state, x, w, u);
        return [next, next];
      },
      tensor(new Float32Array(6), [2, 3]),
      xs,
    );
    return last.mul(last).sum().add(states.sum());
  };
  const unrolled = (w: Tensor, u: Tensor, xs: Tensor) => {
    let state = tensor(new Float32Array(6), [2, 3]);
    let sum: Tensor | undefined;
    for (let i = 0; i < 5; i++) {
      state = hidden(state, xs.at(i), w, u);
      sum = sum ? sum.add(state.sum()) : state.sum();
    }
    return state
      .mul(state)
      .sum()
      .add(sum as Tensor);
  };

  it("has the derivative of the loop written out", () => {
    const args = [numbers([4, 3], 1), numbers([3, 3], 2), numbers([5, 2, 4], 3)] as const;
    const argnums = [0, 1, 2] as const;
    const run = (fn: typeof looped) => {
      const [value, gradients] = valueAndGrad(fn, { argnums })(...args);
      return [value, ...gradients].map((t) => Array.from(t.data));
    };
    const loop = onBoth(() => run(looped));
    for (const [i, expected] of run(unrolled).entries()) {
      for (const [k, value] of expected.entries()) expect(loop[i][k]).toBeCloseTo(value, 5);
    }
  });

  it("reads variables, and refuses to assign them inside", () => {
    const factor = new Variable(3);
    const run = compile(
      (x: Tensor) => ops.scan((c: Tensor, v: Tensor) => [c.add(v.mul(factor)), null], tensor(0), x)[0],
    );
    expect(run(tensor([1, 2])).item()).toBe(9);
    factor.assign(10);
    expect(run(tensor([1, 2])).item()).toBe(30);
    const assigning = compile(
      (x: Tensor) =>
        ops.scan(
          (c: Tensor, v: Tensor) => {
            factor.assign(v);
            return [c, null];
          },
          tensor(0),
          x,
        )[0],
    );
    expect(() => assigning(tensor([1, 2]))).toThrow("A variable was assigned inside of a loop body");
  });

  it("says what does not fit", () => {
    expect(() => ops.scan((c: Tensor) => [c.reshape([1]), null], tensor(0), tensor([1]))).toThrow(
      "must keep its shape () and dtype float32. The body gave: float32(1,)",
    );
    expect(() =>
      ops.scan((c: Tensor, _: Tree2) => [c, null], tensor(0), [tensor([1]), tensor([1, 2])]),
    ).toThrow("expected `xs` of one length along the first axis");
  });
  type Tree2 = readonly Tensor[];
});

describe("whileLoop and foriLoop", () => {
  it("Euclid's algorithm", () => {
    const gcd = (a: number, b: number) =>
      onBoth(() => {
        const start = [tensor([a], [], "int32"), tensor([b], [], "int32")];
        const [x] = ops.whileLoop(
          ([, y]) => y.greater(0),
          ([x, y]) => [y, ops.mod(x, y)],
          start,
        );
        return x.item();
      });
    expect(gcd(1071, 462)).toBe(21);
    expect(gcd(5, 0)).toBe(5);
  });

  it("stops after maximumIterations", () => {
    const n = onBoth(() =>
      ops
        .whileLoop(
          () => tensor(true),
          (i: Tensor) => i.add(1),
          tensor(0),
          { maximumIterations: 12 },
        )
        .item(),
    );
    expect(n).toBe(12);
  });

  it("inside of another loop, using both outer values", () => {
    const total = onBoth(() =>
      ops
        .foriLoop(
          0,
          3,
          (i, sum) => ops.foriLoop(0, 4, (j, inner: Tensor) => inner.add(i.mul(10).add(j)), sum),
          tensor(0),
        )
        .item(),
    );
    expect(total).toBe(0 + 10 * 4 + 20 * 4 + 3 * 6);
  });

  it("foriLoop has a derivative, whileLoop has none", () => {
    const power = (x: Tensor) => ops.foriLoop(0, 5, (_, p: Tensor) => p.mul(x), tensor(1));
    expect(valueAndGrad(power)(tensor(2)).map((t) => t.item())).toEqual([32, 80]);
    const loop = (x: Tensor) =>
      ops.whileLoop(
        (p) => p.less(100),
        (p: Tensor) => p.mul(x),
        x,
      );
    expect(() => valueAndGrad(loop)(tensor(2))).toThrow("`while` has no derivative");
  });
});
