import { existsSync } from "node:fs";
import { type Model, setThreads } from "keratin";
import { modelOf } from "../modelFile.js";
import { buildModel } from "../practical/build.js";
import { practicalModels } from "../practical/models.js";

export interface ExplainArguments {
  readonly batchSize: number;
  readonly threads?: number;
  readonly json: boolean;
}

/** Any seed: what a step costs does not depend on the weights. */
const SEED = 45;

const NOTE = `
Measured on made-up samples, numbers from 0 to 1, hardly any of them 0. Kernels "without zeros" take less time on data that have
zeros, as pictures do: model.explain({ x, y }) measures a step on samples of your own.
`;

/** `keratin explain <model>`: what a training step is compiled to, and where its time goes. */
export async function explain(name: string, options: ExplainArguments): Promise<void> {
  if (options.threads !== undefined) setThreads(options.threads);
  const model = await modelCalled(name);
  const explanation = await model.explain({ batchSize: options.batchSize });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(explanation)}\n`);
    return;
  }
  const table = String(explanation);
  const note = table.includes(" without zeros") ? NOTE : "";
  process.stdout.write(`${table}${note}`);
}

/** A file comes before one of the practical's models of that name. */
async function modelCalled(name: string): Promise<Model> {
  const known = practicalModels.find((definition) => definition.name === name);
  return known && !existsSync(name) ? buildModel(known, SEED) : modelOf(name);
}
