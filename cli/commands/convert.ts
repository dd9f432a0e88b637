import { existsSync } from "node:fs";
import { modelOf } from "../modelFile.js";

export interface ConvertArguments {
  readonly quantization?: "uint8" | "uint16" | "float16";
  readonly overwrite: boolean;
}

/** `keratin convert <from> <to>`: a saved model in another format, which the names' endings say. */
export async function convert(from: string, to: string, options: ConvertArguments): Promise<void> {
  const { quantization, overwrite } = options;
  checkTarget(to, options);
  const model = await modelOf(from);
  if (to.endsWith(".weights.h5")) await model.saveWeights(to, { overwrite });
  else await model.save(to, { overwrite, quantization });
  process.stdout.write(`${to}${leftOut(to, model.optimizer !== undefined)}\n`);
}

/** What the format of a file has no place for. */
function leftOut(to: string, compiled: boolean): string {
  if (to.endsWith(".weights.h5")) return ": the weights alone; the model's layers are not in such a file.";
  if (to.endsWith(".json") && compiled)
    return ": layers and weights; how the model was compiled is not in such a file.";
  return "";
}

/** @throws before the model is read, if its file cannot be written */
function checkTarget(to: string, { quantization, overwrite }: ConvertArguments): void {
  if (/\.(h5|hdf5)$/.test(to) && !to.endsWith(".weights.h5"))
    throw new Error(
      `${to}: whole models are read from .h5 files, but not written to them. Name a .keras file, which Keras 3 opens, or a .weights.h5 file for the weights alone.`,
    );
  if (!/\.(keras|json|weights\.h5)$/.test(to))
    throw new Error(
      `${to}: the ending says no format. Expected .keras, model.json (TensorFlow.js) or .weights.h5 (the weights alone).`,
    );
  if (quantization && !to.endsWith(".json"))
    throw new Error(
      `--quantization ${quantization}: only a TensorFlow.js model.json has it. Received: ${to}`,
    );
  if (!overwrite && existsSync(to))
    throw new Error(`${to} exists already. Name another file, or pass --overwrite.`);
}
