import { Input, layers, losses, metrics, models, Sequential, saving, type Tensor, tensor } from "keratin";
import { describe, expect, it } from "vitest";
import type { LossIdentifier, LossName } from "../../src/losses/index.js";
import type { MetricIdentifier, MetricName } from "../../src/metrics/index.js";
import { golden } from "./golden.js";

/** A function's name, or a class's with the name of its first object. */
type Meaning = string | readonly [className: string, name: string];

interface Names {
  readonly names: Readonly<Record<string, Meaning>>;
  /** What needs arguments. */
  readonly incomplete: readonly string[];
}

const keras = golden<{ readonly losses: Names; readonly metrics: Names }>("identifiers");

/** Bases, which compute nothing, and the loss that is missing here. */
const notHere = { losses: ["CTC", "Loss", "ctc"], metrics: ["Metric", "metric"] };
const here = (kind: "losses" | "metrics") =>
  Object.entries(keras[kind].names).filter(([name]) => !notHere[kind].includes(name));

// the compiler says so if its unions lack one of Keras's names, which editors would then not offer
type Golden = typeof import("../golden/identifiers.json", { with: { "resolution-mode": "import" }});
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const unionsAreComplete: [
  Same<Exclude<keyof Golden["losses"]["names"], LossName>, "CTC" | "Loss" | "ctc">,
  Same<Exclude<keyof Golden["metrics"]["names"], MetricName>, "Metric" | "metric">,
] = [true, true];

const classOf = (object: object) =>
  (object.constructor as unknown as { readonly className: string }).className;

/** A model for any loss and metric: three outputs between 0 and 1. */
function model() {
  return new Sequential([Input([3]), new layers.Dense(3, { activation: "softmax" })]);
}
const x = tensor([
  [1, 2, 3],
  [3, 1, 2],
]);
const y = tensor([
  [0, 1, 0],
  [1, 0, 0],
]);

describe("Keras's names of losses", () => {
  for (const [name, meaning] of here("losses")) {
    it(name, async () => {
      const loss = losses.get(name as LossIdentifier);
      if (typeof meaning === "string") {
        // functions stand for the class that wraps them
        expect(losses.get(meaning as LossIdentifier).constructor).toBe(loss.constructor);
        expect(classOf(loss).toLowerCase()).toBe(meaning.replaceAll("_", ""));
      } else expect([classOf(loss), loss.name]).toEqual(meaning);
      const compiled = model();
      compiled.compile({ loss: name as LossName });
      const labels = /sparse/i.test(name) ? y.argmax(-1) : /circle/i.test(name) ? tensor([0, 1]) : y;
      expect(await compiled.evaluate(x, labels, { verbose: 0 })).toBeTypeOf("number");
      expect(compiled.getCompileConfig()).toMatchObject({ loss: name });
    });
  }

  it("that are missing are known", () => {
    for (const name of notHere.losses)
      expect(() => losses.get(name as LossIdentifier), name).toThrow(`Unknown loss: '${name}'`);
    expect(unionsAreComplete).toEqual([true, true]);
    expect(keras.losses.incomplete).toEqual(["LossFunctionWrapper"]);
    expect(() => losses.get("dicee" as LossIdentifier)).toThrow('Did you mean "dice"?');
  });
});

describe("Keras's names of metrics", () => {
  for (const [name, meaning] of here("metrics")) {
    it(name, async () => {
      const metric = metrics.get(name as MetricIdentifier);
      const [className, own] = meaning;
      expect(classOf(metric)).toBe(className);
      // later objects of a kind are numbered
      expect(metric.name.replace(/_\d+$/, "")).toBe(own);
      if (/^(mean|sum)$/i.test(name)) return;
      const compiled = model();
      compiled.compile({ loss: "mse", metrics: [name as MetricName] });
      const sparse = /sparse/i.test(name);
      if (sparse)
        compiled.compile({ loss: "sparse_categorical_crossentropy", metrics: [name as MetricName] });
      const figures = await compiled.evaluate(x, sparse ? y.argmax(-1) : y, { verbose: 0, returnDict: true });
      // in logs a metric is called what it was asked for by
      expect(Object.keys(figures)).toContain(name);
    });
  }

  it("that are missing are known, as are those that need arguments", () => {
    for (const name of notHere.metrics)
      expect(() => metrics.get(name as MetricIdentifier), name).toThrow(`Unknown metric: '${name}'`);
    for (const name of keras.metrics.incomplete.filter((one) => !/wrapper/i.test(one))) {
      const message = "has arguments without defaults, so its name alone is not enough";
      expect(() => metrics.get(name as MetricIdentifier), name).toThrow(message);
      expect(() => model().compile({ metrics: [name as MetricName] }), name).toThrow(message);
    }
    expect(() => model().compile({ metrics: ["aucc" as MetricName] })).toThrow('Did you mean "auc"?');
  });
});

describe("what compile knows besides", () => {
  const outputs = (units: number) =>
    new Sequential([
      Input([3]),
      new layers.Dense(units, { activation: units === 1 ? "sigmoid" : "softmax" }),
    ]);

  it("makes the cross-entropy that fits labels and outputs, as Keras does", async () => {
    const cases = [
      [outputs(1), tensor([0, 1]), "binary_crossentropy"],
      [outputs(3), tensor([0, 1]), "sparse_categorical_crossentropy"],
      [outputs(3), y, "categorical_crossentropy"],
    ] as const;
    for (const [one, labels, meant] of cases) {
      for (const loss of ["crossentropy", "ce"] as const) {
        one.compile({ loss });
        const found = await one.evaluate(x, labels, { verbose: 0 });
        one.compile({ loss: meant });
        expect(found, `${loss} for ${meant}`).toBe(await one.evaluate(x, labels, { verbose: 0 }));
      }
    }
  });

  it("takes dictionaries of rarely used classes", async () => {
    const given = { class_name: "Tversky", config: { alpha: 0.2, beta: 0.9 } };
    const metric = {
      class_name: "MeanIoU",
      config: { num_classes: 3, sparse_y_true: false, sparse_y_pred: false },
    };
    const one = outputs(3);
    one.compile({ loss: given, metrics: [metric] });
    const figures = await one.evaluate(x, y, { verbose: 0, returnDict: true });
    const expected = new losses.Tversky({ alpha: 0.2, beta: 0.9 }).apply(
      y,
      await one.predict(x, { verbose: 0 }),
    );
    expect(figures.loss).toBeCloseTo(expected.item(), 6);
    expect(Object.keys(figures).some((name) => name.startsWith("mean_io_u"))).toBe(true);
  });

  it("saves registered functions as Keras does, and finds them again", async () => {
    const cubed = saving.registerKerasSerializable("tests")(function cubed(yTrue: Tensor, yPred: Tensor) {
      const error = yTrue.sub(yPred);
      return error.mul(error).mul(error).abs().mean(-1);
    });
    const one = outputs(3);
    one.compile({ loss: cubed, metrics: [cubed] });
    const before = await one.evaluate(x, y, { verbose: 0 });
    const written = { class_name: "function", config: "tests>cubed" };
    expect(one.getCompileConfig()).toMatchObject({ loss: written, metrics: [written] });
    const again = await models.loadModel(await saving.toBytes(one));
    expect(await again.evaluate(x, y, { verbose: 0 })).toEqual(before);
    // and once more
    expect(again.getCompileConfig()).toMatchObject({ loss: written });
  });
});
