import { Input, layers, Sequential } from "keratin";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { compile, valueAndGrad } from "../../src/ops/compile.js";
import * as ops from "../../src/ops/index.js";
import type { Tensor } from "../../src/ops/tensor.js";
import { RecentlyUsed } from "../../src/runtime/recentlyUsed.js";
import { numbers } from "./numbers.js";

it("what was used last is kept, what goes is told", () => {
  const gone: string[] = [];
  const kept = new RecentlyUsed<string>(2, (value) => gone.push(value));
  kept.set("a", "A");
  kept.set("b", "B");
  expect(kept.get("a")).toBe("A");
  kept.set("c", "C");
  expect(gone).toEqual(["B"]);
  expect(kept.get("b")).toBeUndefined();
  kept.set("c", "D");
  expect([...kept.values()]).toEqual(["A", "D"]);
  expect(gone).toEqual(["B"]);
});

it("a compiled function keeps the programs of the 128 shapes that came last", () => {
  let traced = 0;
  const doubled = compile((x: Tensor) => {
    traced++;
    return x.add(x).sum();
  });
  const of = (length: number) => doubled(ops.ones([length])).item();
  for (let length = 1; length <= 128; length++) expect(of(length)).toBe(2 * length);
  expect(of(1)).toBe(2);
  expect(traced).toBe(128);
  // the 129th takes the place of the second, for the first was used since
  expect(of(129)).toBe(258);
  expect(of(1)).toBe(2);
  expect(traced).toBe(129);
  expect(of(2)).toBe(4);
  expect(traced).toBe(130);
});

/** Bytes that the backend's memory has grown by. */
let grown = 0;
beforeEach(() => {
  grown = 0;
  const { grow } = WebAssembly.Memory.prototype;
  vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (
    this: WebAssembly.Memory,
    pages,
  ) {
    grown += pages * 65_536;
    return grow.call(this, pages);
  });
});
afterEach(() => void vi.restoreAllMocks());

// first, while the memory is small: what others have given back would hide that it grows
it("memory does not grow with a generator of batches whose shapes are ever new", {
  timeout: 120_000,
}, async () => {
  const model = new Sequential([Input([null, 4]), new layers.GlobalAveragePooling1D(), new layers.Dense(1)]);
  model.compile({ loss: "mse", optimizer: "sgd" });
  const batches = function* (from: number, to: number) {
    for (let steps = from; steps < to; steps++)
      yield [numbers([32, 700 - steps, 4], steps + 1), ops.ones([32, 1])] as const;
  };
  await model.fit(() => batches(0, 60), { epochs: 1, verbose: 0 });
  const before = grown;
  expect(before).toBeGreaterThan(4_000_000);
  await model.fit(() => batches(60, 200), { epochs: 1, verbose: 0 });
  expect(grown - before).toBeLessThan(4_000_000);
});

it("nor with a compiled function that gets ever new shapes", { timeout: 120_000 }, () => {
  const loss = valueAndGrad((x: Tensor) => ops.tanh(x).mul(x).sum());
  // each needs some 400 KB
  const step = (i: number) => {
    const x = numbers([50_400 - i], i + 1);
    const [, gradient] = loss(x);
    expect(gradient.shape).toEqual(x.shape);
  };
  for (let i = 0; i < 150; i++) step(i);
  const before = grown;
  expect(before).toBeGreaterThan(4_000_000);
  for (let i = 150; i < 400; i++) step(i);
  expect(grown - before).toBeLessThan(4_000_000);
});
