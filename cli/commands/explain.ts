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

/** `keratin explain <model>`: what a training step is compiled to, and where its time goes. */
export async function explain(name: string, options: ExplainArguments): Promise<void> {
  if (options.threads !== undefined) setThreads(options.threads);
  const model = await modelCalled(name);
  const explanation = await model.explain({ batchSize: options.batchSize });
  process.stdout.write(options.json ? `${JSON.stringify(explanation)}\n` : String(explanation));
}

/** A file comes before one of the practical's models of that name. */
async function modelCalled(name: string): Promise<Model> {
  const known = practicalModels.find((definition) => definition.name === name);
  return known && !existsSync(name) ? buildModel(known, SEED) : modelOf(name);
}
