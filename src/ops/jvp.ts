import * as lax from "../primitives/index.js";
import { sameShape } from "../tensor/shape.js";
import { gradient } from "../trace/grad.js";
import { formatType, type Value } from "../trace/graph.js";
import { compositeAll } from "./lift.js";
import { Tensor, type TensorLike, toTensor, valueOf } from "./tensor.js";
import { flatten, type Tree } from "./tree.js";
import { renamed } from "./variable.js";

/**
 * What `fun` gives for `primals`, and how fast it changes when these change as fast as `tangents`.
 *
 * The derivative against the direction of `fun` is a linear function of what it starts with; its own derivative is the one along it.
 * @param fun float32 tensors → tensors, nested in arrays and objects
 * @param tangents one for each primal, of its shape
 * @returns the results, and their rates of change (0 for integers) in the same structure
 * @throws if tangents do not fit
 * @see https://keras.io/api/ops/linalg/ (keras.ops.jvp)
 */
export function jvp<R extends Tree>(
  fun: (...primals: Tensor[]) => R,
  primals: readonly TensorLike[],
  tangents: readonly TensorLike[],
): [results: R, tangents: R] {
  const [points, rates] = [primals.map((x) => toTensor(x)), tangents.map((x) => toTensor(x))];
  for (const [i, point] of points.entries()) {
    const rate: Tensor | undefined = rates[i];
    if (
      points.length !== rates.length ||
      !rate ||
      !sameShape(point.shape, rate.shape) ||
      point.dtype !== "float32"
    ) {
      throw new Error(
        `ops.jvp: expected a float32 tangent for each float32 primal, of its shape. Received: primal ${formatType(point)}, tangent ${rate ? formatType(rate) : "none"}`,
      );
    }
  }
  let rebuild: ReturnType<typeof flatten>["rebuild"] | undefined;
  const all = compositeAll([...points, ...rates], (...given) => {
    const xs = given.slice(0, points.length).map(renamed);
    const results = flatten(fun(...xs));
    rebuild = results.rebuild;
    const ys = results.tensors;
    const floats = ys.filter(({ dtype }) => dtype === "float32").map((y) => valueOf(y));
    const seeds = floats.map((y) => lax.identity(lax.full(y.shape, 0, "float32")));
    const back = gradient(
      floats,
      seeds,
      xs.map((x) => valueOf(x)),
      lax.sumOfCotangents,
    );
    const products = back.flatMap((cotangent, i) => {
      if (!cotangent) return [];
      const product = lax.mul(cotangent, valueOf(given[points.length + i]));
      return [
        lax.reduceSum(
          product,
          product.shape.map((_, axis) => axis),
        ),
      ];
    });
    const along: readonly (Value | undefined)[] =
      products.length === 0
        ? []
        : gradient([products.reduce(lax.add)], [lax.full([], 1, "float32")], seeds, lax.sumOfCotangents);
    let next = 0;
    const changes = ys.map(({ shape, dtype }) => {
      const found = dtype === "float32" ? along[next++] : undefined;
      const value = found ?? lax.full(shape, 0, dtype);
      return new Tensor(value, value);
    });
    return [...ys, ...changes];
  });
  const build = rebuild as unknown as (tensors: readonly Tensor[]) => Tree;
  return [build(all.slice(0, all.length / 2)) as R, build(all.slice(all.length / 2)) as R];
}
