import type { Value } from "../trace/graph.js";
import { full, splatOf } from "./broadcast.js";
import { add } from "./elementwise.js";
import { concatenate, type PadParams, pad } from "./shape.js";

/** The cotangent of a slice along one axis: a value with zeros around it. */
interface Piece {
  readonly value: Value;
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

/** A cotangent that is not zero only in one range of one axis. */
function pieceOf(value: Value): Piece | undefined {
  if (value.node.primitive.name !== "pad") return undefined;
  const [operand, padding] = value.node.inputs;
  const { low, high, interior } = value.node.params as PadParams;
  if (splatOf(padding) !== 0 || interior.some((gap) => gap > 0)) return undefined;
  if ([...low, ...high].some((width) => width < 0)) return undefined;
  const padded = low.map((_, axis) => axis).filter((axis) => low[axis] + high[axis] > 0);
  if (padded.length !== 1) return undefined;
  const [axis] = padded;
  return { value: operand, axis, from: low[axis], to: low[axis] + operand.shape[axis] };
}

/** Pieces along one axis that do not overlap, side by side with zeros between them. */
function joined(pieces: readonly Piece[], shape: readonly number[]): Value | undefined {
  const { axis } = pieces[0];
  const parts: Value[] = [];
  let end = 0;
  for (const { value, from, to } of [...pieces].sort((a, b) => a.from - b.from)) {
    if (from < end) return undefined;
    if (from > end) parts.push(zeros(shape, axis, from - end, value));
    parts.push(value);
    end = to;
  }
  // a pad costs less than one more part
  const whole = parts.length === 1 ? parts[0] : concatenate(parts, axis);
  if (end === shape[axis]) return whole;
  const high = shape.map((_, a) => (a === axis ? shape[axis] - end : 0));
  return pad(
    whole,
    full([], 0, whole.dtype),
    shape.map(() => 0),
    high,
  );
}

function zeros(shape: readonly number[], axis: number, extent: number, like: Value): Value {
  return full(
    shape.map((size, a) => (a === axis ? extent : size)),
    0,
    like.dtype,
  );
}

/**
 * The sum of what flows to one value from its users. Cotangents of slices that lie side by side are put together rather than
 * added up with the zeros around them.
 */
export function sumOfCotangents(cotangents: readonly Value[]): Value {
  const [{ shape }] = cotangents;
  const byAxis = new Map<number, Piece[]>();
  const rest: Value[] = [];
  for (const cotangent of cotangents) {
    const piece = pieceOf(cotangent);
    if (piece) byAxis.set(piece.axis, [...(byAxis.get(piece.axis) ?? []), piece]);
    else rest.push(cotangent);
  }
  for (const [axis, pieces] of byAxis) {
    const together = pieces.length > 1 ? joined(pieces, shape) : undefined;
    if (together) rest.push(together);
    else rest.push(...cotangents.filter((cotangent) => pieceOf(cotangent)?.axis === axis));
  }
  return rest.reduce((sum, cotangent) => add(sum, cotangent));
}
