import { formatShape, type PartialShape, type Shape } from "../tensor/shape.js";
import { KerasTensor, replaceKerasTensors } from "./kerasTensor.js";
import { leaves, packAs, type Structure } from "./structure.js";
import { Tensor } from "./tensor.js";
import { Trace } from "./trace.js";

/** Two sizes that stand for "any": what differs between the results is of any size too. */
const SIZES = [83, 89] as const;

let standIn: number | undefined;

/** The shape of a tensor in a trace, with null where its batch is of any size. */
export function knownShape(shape: Shape): PartialShape {
  return shape[0] === standIn && standIn !== undefined ? [null, ...shape.slice(1)] : shape;
}

/**
 * The types of what `compute` gives for arguments that hold symbolic tensors: it is traced twice, with two sizes in place of
 * the unknown ones.
 * @throws if a result's number of axes depends on an unknown size
 */
export function outputSpec(
  args: readonly unknown[],
  compute: (...args: unknown[]) => Structure<Tensor>,
): Structure<KerasTensor> {
  const [first, second] = SIZES.map((size) => {
    const trace = new Trace();
    const outer = standIn;
    standIn = size;
    try {
      return trace.run(() =>
        compute(
          ...(replaceKerasTensors(args, ({ shape, dtype }) => {
            const value = trace.graph.input({ shape: shape.map((extent) => extent ?? size), dtype });
            return new Tensor(value, value);
          }) as unknown[]),
        ),
      );
    } finally {
      standIn = outer;
    }
  });
  const others = leaves(second);
  const types = leaves(first).map(({ shape, dtype }, i) => {
    if (others[i].shape.length !== shape.length)
      throw new Error(
        `The number of axes depends on an unknown size: ${formatShape(shape)} or ${formatShape(others[i].shape)}.`,
      );
    return new KerasTensor(
      shape.map((extent, axis): PartialShape[number] => (extent === others[i].shape[axis] ? extent : null)),
      dtype,
    );
  });
  return packAs(first, types);
}
