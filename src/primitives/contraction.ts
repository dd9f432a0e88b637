import { sizeOf, stridesOf } from "../tensor/shape.js";
import { formatType, type TensorType, type Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";
import { expectAxes, expectDtype } from "./expect.js";
import { transpose } from "./shape.js";

export interface DotParams {
  /** Axes of x and of y that are summed over, in pairs of equal sizes. */
  readonly contracting: readonly [readonly number[], readonly number[]];
  /** Axes of x and of y that stay, in pairs of equal sizes: a product for each. */
  readonly batch: readonly [readonly number[], readonly number[]];
}

/** @throws if the operands are not float32, or the axes are not pairs of equal sizes */
function expectPairs(x: TensorType, y: TensorType, { contracting, batch }: DotParams): void {
  for (const [i, [name, type]] of [["x", x] as const, ["y", y] as const].entries()) {
    expectDtype("dot_general", name, type, ["float32"]);
    expectAxes("dot_general", `contracting and batch of ${name}`, [...contracting[i], ...batch[i]], type);
  }
  for (const [what, [ofX, ofY]] of Object.entries({ contracting, batch })) {
    if (ofX.length === ofY.length && ofX.every((axis, i) => x.shape[axis] === y.shape[ofY[i]])) continue;
    throw new Error(
      `dot_general: expected \`${what}\` to pair axes of equal sizes. Received: x=${formatType(x)}, y=${formatType(y)}, ${what}=${JSON.stringify([ofX, ofY])}`,
    );
  }
}

const free = (rank: number, c: readonly number[], b: readonly number[]) =>
  Array.from({ length: rank }, (_, a) => a).filter((a) => !c.includes(a) && !b.includes(a));
const offsets = (shape: readonly number[], axes: readonly number[]) => {
  const s = stridesOf(shape);
  const sub = axes.map((a) => shape[a]);
  const ss = stridesOf(sub);
  return Int32Array.from({ length: sizeOf(sub) }, (_, i) =>
    axes.reduce((o, a, k) => o + (Math.floor(i / ss[k]) % sub[k]) * s[a], 0),
  );
};
const dotPrimitive: Primitive<DotParams> = {
  name: "dot_general",
  infer: ([x, y], params) => {
    expectPairs(x, y, params);
    const {
      contracting: [cx, cy],
      batch: [bx, by],
    } = params;
    const shape = [
      ...bx.map((a) => x.shape[a]),
      ...free(x.shape.length, cx, bx).map((a) => x.shape[a]),
      ...free(y.shape.length, cy, by).map((a) => y.shape[a]),
    ];
    return [{ shape, dtype: "float32" }];
  },
  evaluate: ([x, y], { contracting: [cx, cy], batch: [bx, by] }, [type]) => {
    const B1 = offsets(x.shape, bx),
      B2 = offsets(y.shape, by),
      K1 = offsets(x.shape, cx),
      K2 = offsets(y.shape, cy);
    const M = offsets(x.shape, free(x.shape.length, cx, bx)),
      N = offsets(y.shape, free(y.shape.length, cy, by));
    const out = new Float32Array(sizeOf(type.shape));
    let i = 0;
    for (let b = 0; b < B1.length; b++)
      for (const m of M)
        for (const n of N) {
          let acc = 0;
          const xo = B1[b] + m,
            yo = B2[b] + n;
          for (let k = 0; k < K1.length; k++)
            acc = Math.fround(acc + Math.fround(x.data[xo + K1[k]] * y.data[yo + K2[k]]));
          out[i++] = acc;
        }
    return [out];
  },
  vjp: ({
    cotangents: [ct],
    inputs: [x, y],
    params: {
      contracting: [cx, cy],
      batch: [bx, by],
    },
  }) => {
    if (!ct) return [];
    const fx = free(x.shape.length, cx, bx),
      fy = free(y.shape.length, cy, by);
    const nb = bx.length;
    const ctB = bx.map((_, i) => i),
      ctX = fx.map((_, i) => nb + i),
      ctY = fy.map((_, i) => nb + fx.length + i);
    const back = (v: Value, order: number[]) =>
      transpose(
        v,
        order.map((_, a) => order.indexOf(a)),
      );
    // dx axes: batch, x free, contracted (in y's order)
    const oy = [...cy].map((a, i) => [a, i] as const).sort((p, q) => p[0] - q[0]);
    const dx = dotGeneral(ct, y, { contracting: [ctY, fy], batch: [ctB, [...by]] });
    const dxOrder = [...bx, ...fx, ...oy.map(([, i]) => cx[i])];
    const ox = [...cx].map((a, i) => [a, i] as const).sort((p, q) => p[0] - q[0]);
    const dy = dotGeneral(x, ct, { contracting: [fx, ctX], batch: [[...bx], ctB] });
    const dyOrder = [...by, ...ox.map(([, i]) => cy[i]), ...fy];
    return [back(dx, dxOrder), back(dy, dyOrder)];
  },
};

/**
 * Sums of products over pairs of axes. The result has the batch axes, then what is left of x, then what is left of y. One
 * accumulator from +0 for each result, over the contracted axes of x in row-major order; product and sum are rounded apart.
 * @throws if the operands are not float32, or the axes are not pairs of equal sizes
 */
export function dotGeneral(x: Value, y: Value, params: DotParams): Value {
  return bind(dotPrimitive, params, x, y);
}
