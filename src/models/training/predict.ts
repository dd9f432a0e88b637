import type { CallbackList } from "../../callbacks/callback.js";
import { leaves, mapStructure, packAs, type Structure } from "../../ops/structure.js";
import { Tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { newArray } from "../../tensor/dtype.js";
import { formatShape, sizeOf } from "../../tensor/shape.js";
import { EventLoopTurns, type Loop } from "./loop.js";

type Outputs = Structure<Tensor>;

/** Rows of several steps, one after another; a single step's as they are. */
function withoutSteps(t: Tensor): Tensor {
  const [steps, rows, ...rest] = t.shape;
  if (steps === 1) return t.reshape(t.shape.slice(1));
  return t.reshape([steps * (rows ?? 1), ...rest]);
}

/**
 * The outputs of all batches, one after another.
 * @param steps the most batches
 */
export async function runPredict(
  loop: Loop<Tree>,
  steps: number | null,
  list: CallbackList,
): Promise<Outputs> {
  const hears = list.hearsBatches("predict");
  const turns = new EventLoopTurns();
  await loop.feed.start(null, 0);
  await list.call("onPredictBegin", {});
  const parts: Outputs[] = [];
  const total = steps ?? loop.feed.steps ?? Number.POSITIVE_INFINITY;
  for (let step = 0; step < total; ) {
    if (hears) await list.call("onPredictBatchBegin", step, {});
    // unless somebody listens to each, the batches of one call come back together
    const ran = await loop.collect(Math.min(total - step, list.stepsUntilCall("predict", step)));
    if (!ran) break;
    const outputs = mapStructure(ran.result as unknown as Outputs, withoutSteps);
    parts.push(outputs);
    step += ran.count;
    if (hears) await list.call("onPredictBatchEnd", step - 1, { outputs });
    await turns.turn();
  }
  await list.call("onPredictEnd", {});
  return joined(parts);
}

/** Batches' outputs along the first axis. */
function joined(parts: readonly Outputs[]): Outputs {
  if (parts.length === 1) return parts[0];
  const flat = parts.map((part) => leaves(part));
  const whole = flat[0].map((first, i) => {
    const all = flat.map((tensors) => tensors[i]);
    const shape = [all.reduce((sum, t) => sum + (t.shape[0] ?? 1), 0), ...first.shape.slice(1)];
    const data = newArray(first.dtype, sizeOf(shape));
    let at = 0;
    for (const t of all) {
      if (t.shape.length !== shape.length || formatShape(t.shape.slice(1)) !== formatShape(shape.slice(1))) {
        throw new Error(
          `predict: outputs of batches differ in shape and cannot be joined: ${formatShape(first.shape)} and ${formatShape(t.shape)}. Pad the data to one size.`,
        );
      }
      data.set(t.data, at);
      at += t.size;
    }
    return new Tensor(data, { shape, dtype: first.dtype });
  });
  return packAs(parts[0], whole);
}
