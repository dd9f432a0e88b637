import { describe, expect, it } from "vitest";
import { tensor } from "../../src/ops/tensor.js";
import type { DType } from "../../src/tensor/dtype.js";
import cases from "../golden/printing.json" with { type: "json" };

const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };

describe("tensors print as NumPy's arrays do", () => {
  for (const { dtype, shape, values, text } of cases) {
    it(`${dtype} [${shape}] ${values.slice(0, 3).join(" ")}`, () => {
      const numbers = values.map((v) => special[v] ?? Number(v));
      const t = tensor(numbers, shape, dtype as DType);
      expect(t.toString()).toBe(text);
    });
  }
});
