import { type Model, setThreads, type Tensor } from "keratin";
import { modelOf } from "../modelFile.js";
import { readSamples } from "../predict/samples.js";

export interface PredictArguments {
  readonly divideBy?: number;
  readonly invert: boolean;
  readonly batchSize: number;
  readonly threads?: number;
  readonly json: boolean;
}

/** Classes that are printed for a sample, the most probable first. */
const SHOWN = 10;

/** `keratin predict <file> <data>`: what a saved model says of samples. */
export async function predict(file: string, data: string, options: PredictArguments): Promise<void> {
  if (options.threads !== undefined) setThreads(options.threads);
  const model = await modelOf(file);
  const shape = sampleShape(model, file);
  const { x, bytes } = await readSamples(data, shape);
  if (options.invert && !bytes)
    throw new Error(`--invert: ${data} has numbers, not the brightness of pixels from 0 to 255.`);
  const pixels = options.invert ? x.neg().add(255) : x;
  const divisor = options.divideBy ?? (bytes && !takesIntegers(model) ? 255 : 1);
  const samples = fitting(divisor === 1 ? pixels : (pixels.div(divisor) as Tensor), shape, data);
  const outputs = await model.predict(samples, { batchSize: options.batchSize, verbose: 0 });
  if (!("shape" in (outputs as object)))
    throw new Error(`${file}: the model has several outputs. Expected one.`);
  const rows = describeRows(outputs as Tensor);
  process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : rows.map(formatRow).join(""));
}

/** @throws if the model has several inputs, or it is not known what it takes */
function sampleShape(model: Model, file: string): readonly (number | null)[] {
  const inputs = model.inputs;
  if (inputs.length === 1) return inputs[0].shape.slice(1);
  throw new Error(`${file}: the model has ${inputs.length} inputs. Expected one.`);
}

function takesIntegers(model: Model): boolean {
  return /int/.test(model.inputs[0].dtype);
}

/** The samples in the shape that the model takes; a single one may come without the batch's axis. */
function fitting(x: Tensor, shape: readonly (number | null)[], data: string): Tensor {
  const fits = (found: readonly number[]) =>
    found.length === shape.length && shape.every((extent, axis) => extent === null || extent === found[axis]);
  if (fits(x.shape.slice(1))) return x;
  if (fits(x.shape)) return x.reshape([1, ...x.shape]);
  const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);
  const known = shape.filter((extent) => extent !== null);
  if (known.length === shape.length && x.rank > 1 && product(x.shape.slice(1)) === product(known))
    return x.reshape([x.shape[0], ...known]);
  throw new Error(
    `${data}: expected samples of shape (${["None", ...shape.map((extent) => extent ?? "None")].join(", ")}). Received: (${x.shape.join(", ")})`,
  );
}

/** What the model says of one sample: the class if it gives probabilities that add up to 1, else its output. */
type Row =
  | { readonly class: number; readonly probabilities: readonly number[] }
  | { readonly output: readonly number[]; readonly shape: readonly number[] };

function describeRows(outputs: Tensor): Row[] {
  const [count, ...shape] = outputs.shape;
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i): Row => {
    const values = Array.from(outputs.data.subarray(i * size, (i + 1) * size) as ArrayLike<number>);
    const sum = values.reduce((a, b) => a + b, 0);
    const probable =
      shape.length === 1 && size > 1 && Math.abs(sum - 1) < 1e-3 && values.every((p) => p >= 0);
    return probable
      ? { class: values.indexOf(Math.max(...values)), probabilities: values }
      : { output: values, shape };
  });
}

function formatRow(row: Row, index: number): string {
  if ("output" in row)
    return `sample ${index}: ${row.output.map((value) => value.toPrecision(6)).join(" ")}\n`;
  const ranked = row.probabilities
    .map((probability, name) => ({ name, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, SHOWN)
    .map(({ name, probability }) => `${name}: ${probability.toFixed(4)}`);
  return `sample ${index}: class ${row.class}  (${ranked.join(", ")})\n`;
}
