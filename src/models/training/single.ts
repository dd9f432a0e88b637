import type { Explanation } from "../../backends/explanation.js";
import { runOnce } from "../../ops/compile.js";
import { KerasTensor } from "../../ops/kerasTensor.js";
import { mapStructure, type Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { flatten, type Tree } from "../../ops/tree.js";
import type { Json } from "../../utils/serialization.js";
import type { Batch } from "./batch.js";
import { type ArrayData, type ClassWeight, type Dataset, datasetFrom, integerArgument } from "./data.js";
import { exampleRows, explainStep, zeroRows } from "./explain.js";
import type { StepLogs } from "./fit.js";
import { type Figures, Hosted } from "./hosted.js";

export interface BatchOptions {
  readonly sampleWeight?: ArrayData | null;
  readonly classWeight?: ClassWeight | null;
  /** Whether figures come by name. Default false. */
  readonly returnDict?: boolean;
}

export interface ExplainOptions {
  /** Samples like those that the model will see; default: numbers from 0 to 1, zeros for integers. */
  readonly x?: ArrayData;
  /** Labels for them; default: zeros as the loss takes them. */
  readonly y?: ArrayData;
  /** Default 32. */
  readonly batchSize?: number;
}

/** Runs of single batches. */
export class SingleRunner extends Hosted {
  async explain(options: ExplainOptions): Promise<Explanation> {
    const batchSize = integerArgument("explain", "batchSize", options.batchSize ?? 32, 1);
    const x = options.x ?? mapStructure(this.#inputSpec(), (input) => exampleRows(input, batchSize));
    if (!this.inside.compiled) {
      const data = datasetFrom("explain", x, undefined, null, null);
      this.makeReady(data.x);
      return explainStep(data, batchSize, (batch) => this.model.predictStep(batch) as Tree);
    }
    const samples = datasetFrom("explain", x, undefined, null, null);
    const labels = () =>
      mapStructure<KerasTensor, Tensor>(this.specFor(samples.x), (output) => {
        const { loss } = this.model.getCompileConfig() as { readonly loss?: Json };
        const sparse = JSON.stringify(loss ?? "").match(/sparse_?categorical_?crossentropy/i) !== null;
        const like = sparse ? new KerasTensor(output.shape.slice(0, -1), "int32") : output;
        return zeroRows(like, samples.rows);
      });
    const data = datasetFrom("explain", x, options.y ?? labels(), null, null);
    this.prepare("explain", data, true);
    return explainStep(data, batchSize, (batch) => this.model.trainStep(batch));
  }

  #inputSpec(): Structure<KerasTensor> {
    const { inputs } = this.model as { readonly inputs?: readonly KerasTensor[] };
    if (inputs?.length) return inputs.length === 1 ? inputs[0] : [...inputs];
    throw new Error(
      `explain: the inputs of model '${this.model.name}' are not known. Give samples: model.explain({ x, y }).`,
    );
  }

  async trainOnBatch(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: BatchOptions,
  ): Promise<Record<string, number> | Figures> {
    const data = datasetFrom("trainOnBatch", x, y, options.sampleWeight, options.classWeight);
    this.prepare("trainOnBatch", data, true);
    return this.#onBatch(data, (batch) => this.model.trainStep(batch), options.returnDict);
  }

  async testOnBatch(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: Omit<BatchOptions, "classWeight">,
  ): Promise<Record<string, number> | Figures> {
    const data = datasetFrom("testOnBatch", x, y, options.sampleWeight, null);
    this.prepare("testOnBatch", data, false);
    return this.#onBatch(data, (batch) => this.model.testStep(batch), options.returnDict);
  }

  #onBatch({ x, y, sampleWeight }: Dataset, step: (batch: Batch) => StepLogs, returnDict = false) {
    this.resetMetrics();
    const tree = flatten({ x, y, sampleWeight });
    const logs = runOnce(tree.tensors, (...symbols) => step(tree.rebuild(symbols) as unknown as Batch));
    const figures = this.figures(logs as StepLogs);
    return returnDict ? figures : this.listed(figures);
  }

  async predictOnBatch(x: ArrayData): Promise<Structure<Tensor>> {
    const data = datasetFrom("predictOnBatch", x, undefined, null, null);
    const tree = flatten({ x: data.x, y: undefined, sampleWeight: undefined });
    return runOnce(
      tree.tensors,
      (...symbols) => this.model.predictStep(tree.rebuild(symbols) as unknown as Batch) as Tree,
    ) as Structure<Tensor>;
  }
}
