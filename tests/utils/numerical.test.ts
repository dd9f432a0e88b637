import fc from "fast-check";
import { tensor, utils } from "keratin";
import { describe, expect, it } from "vitest";

describe("toCategorical", () => {
  it("makes one-hot rows, and drops a last axis of 1", () => {
    expect(utils.toCategorical([0, 2, 1]).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
    expect(utils.toCategorical(tensor([[1], [0]]), 4).shape).toEqual([2, 4]);
    expect(utils.toCategorical(tensor([[1, 0]]), 3).toArray()).toEqual([
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    ]);
  });

  it("is undone by argmax", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 50 }), (labels) => {
        const rows = utils.toCategorical(labels);
        expect(rows.shape).toEqual([labels.length, Math.max(...labels) + 1]);
        expect([...rows.argmax(-1).data]).toEqual(labels);
      }),
    );
  });

  it("refuses what is no class", () => {
    expect(() => utils.toCategorical([0, 3], 3)).toThrow(
      "integers from 0 to 2 (3 classes). Received: 3 at position 1",
    );
    expect(() => utils.toCategorical([-1], 3)).toThrow("Received: -1");
    expect(() => utils.toCategorical([0.5], 3)).toThrow("Received: 0.5");
    expect(() => utils.toCategorical([Number.NaN], 3)).toThrow("Received: NaN");
    expect(() => utils.toCategorical([], 0)).toThrow("`numClasses`");
  });
});

describe("normalize", () => {
  it("divides by norms", () => {
    const x = tensor(
      [
        [3, 4],
        [0, 0],
        [1, -1],
      ],
      [3, 2],
    );
    expect(utils.normalize(x).toArray()).toEqual([
      [Math.fround(0.6), Math.fround(0.8)],
      [0, 0],
      [Math.fround(Math.SQRT1_2), -Math.fround(Math.SQRT1_2)],
    ]);
    expect(utils.normalize(x, -1, 1).at(2).toArray()).toEqual([0.5, -0.5]);
    expect(utils.normalize(x, 0, Number.POSITIVE_INFINITY).at(0).toArray()).toEqual([1, 1]);
    expect(
      utils
        .normalize(tensor([1, 1]), -1, 3)
        .at(0)
        .item(),
    ).toBeCloseTo(2 ** (-1 / 3), 6);
    expect(() => utils.normalize(x, 2)).toThrow();
    expect(() => utils.normalize(x, -1, 0.5)).toThrow("`order`");
  });
});
