import type { Logs } from "../../callbacks/callback.js";
import type { Layer } from "../../layers/layer.js";
import { type Figure, figureOf } from "../../metrics/figure.js";
import { KerasTensor } from "../../ops/kerasTensor.js";
import { outputSpec } from "../../ops/outputSpec.js";
import { mapStructure, type Structure } from "../../ops/structure.js";
import { Tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { formatType } from "../../trace/graph.js";
import { needCompiled } from "./compiled.js";
import { checkLabels, type Dataset } from "./data.js";
import type { Host, StepLogs } from "./fit.js";
import type { Inside, RunModel } from "./inside.js";
import { makeMetrics } from "./makeMetrics.js";
import { isTensor, type Outputs, outputsOf, spreadOver } from "./outputs.js";

/** The figures that `evaluate` gives: the loss alone, or the loss and the metrics. */
export type Figures<F extends Figure = number> = F | F[];

/** A model as its runs see it: made ready for data, its figures read. */
export class Hosted implements Host {
  readonly model: RunModel;
  /** The types of the last samples that the model was made ready for. */
  #readyFor: string | undefined;

  constructor(readonly inside: Inside) {
    this.model = inside.model;
  }

  get stopTraining(): boolean {
    return this.model.stopTraining;
  }

  resetMetrics(): void {
    this.model.resetMetrics();
  }

  /** Makes weights, losses, metrics and optimizer for data like these. @returns whether the metrics were made just now */
  prepare(where: string, data: Dataset, training: boolean): boolean {
    const compiled = needCompiled(this.model.name, this.inside.compiled, where);
    const madeNow = !compiled.built;
    if (this.inside.callable) {
      const outputs = outputsOf(this.specFor(data.x), this.inside.outputNames);
      const labels =
        data.y === undefined ? outputs.specs.map(() => null) : this.#labels(where, outputs, data.y);
      compiled.build(
        outputs,
        labels.map((t) => t && new KerasTensor([null, ...t.shape.slice(1)], t.dtype)),
        makeMetrics,
      );
      this.#checkClasses(where, labels);
      if (data.y === undefined && compiled.loss?.parts.length)
        throw new Error(`${where}: labels \`y\` are needed. Received: y=undefined`);
    }
    if (training && this.inside.usualStep) compiled.optimizer.build(this.model.trainableVariables);
    return madeNow;
  }

  /** For a generator's batches after the first. @throws if the labels are not for this model's outputs */
  checkBatch(where: string, { y }: Dataset): void {
    const outputs = this.inside.compiled?.outputs;
    if (outputs && y !== undefined) this.#checkClasses(where, this.#labels(where, outputs, y));
  }

  #checkClasses(where: string, labels: readonly (Tensor | null)[]): void {
    for (const [i, classes] of (this.inside.compiled?.classCounts() ?? []).entries()) {
      const own = labels[i];
      if (own && classes !== null) checkLabels(where, own, classes);
    }
  }

  #labels(where: string, outputs: Outputs, y: Structure<Tensor>): (Tensor | null)[] {
    try {
      return spreadOver<Tensor>("y", outputs, y as Tensor, isTensor);
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
  }

  /**
   * Makes the weights for data like these, and finds out whether the model takes them. It does if it has taken such data before and
   * has all its weights: the step is traced for them anyway.
   */
  makeReady(x: Structure<Tensor>): void {
    if (!this.inside.callable) return;
    const typesOf = ({ shape, dtype }: Tensor) => formatType({ shape: shape.slice(1), dtype });
    const types = JSON.stringify(mapStructure<Tensor, string>(x, typesOf));
    if (this.#readyFor === types && isBuilt(this.model)) return;
    this.specFor(x);
    this.#readyFor = types;
  }

  /** The types of the outputs for data like these; makes the weights if need be. */
  specFor(x: Structure<Tensor>): Structure<KerasTensor> {
    const symbols = mapStructure<Tensor, KerasTensor>(
      x,
      ({ shape, dtype }) => new KerasTensor([null, ...shape.slice(1)], dtype),
    );
    return outputSpec([symbols], (given) => this.model.run([given], {}));
  }

  /** The figures so far by name in alphabetical order: what the last step gave, or else those of all metrics. */
  figures(last: StepLogs): Logs {
    const given = Object.entries(last);
    const figures =
      given.length > 0
        ? given.map(([name, value]): [string, Figure] => [name, figureIn(value)])
        : [
            ...(this.inside.compiled?.results() ?? []),
            ...this.inside.ownMetrics.map((metric): [string, Figure] => [
              metric.name,
              figureOf(metric.result()),
            ]),
          ];
    // numbers for all who have not said that a metric of theirs gives several
    return Object.fromEntries(figures.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) as Logs;
  }

  /** The loss alone, or the loss and the metrics in Keras's order. */
  listed(figures: Logs): Figures {
    const names = this.model.metrics.map(({ name }) => name);
    const first = names.filter((name) => name in figures);
    const others = Object.keys(figures).filter((name) => !names.includes(name));
    const values = [...first, ...others].map((name) => figures[name]);
    return values.length === 1 ? values[0] : values;
  }
}

function figureIn(value: Tree): Figure {
  return value instanceof Tensor ? figureOf(value) : Number(value);
}

function isBuilt({ built, subLayers }: Pick<Layer, "built" | "subLayers">): boolean {
  return built && subLayers.every(isBuilt);
}
