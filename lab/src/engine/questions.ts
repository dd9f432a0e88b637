import { type Layer, layers, tensor } from "keratin";
import { loadData } from "./data.js";
import { modelFile, modelFromFile } from "./modelFile.js";
import { bytesOf, featureMaps, weightShapes } from "./pictures.js";
import type { Answers, LayerConfig, Question } from "./protocol.js";
import { describeModel, imageShape, modelNamed, models, remember } from "./registry.js";
import { declare, forget } from "./scope.js";

/** Answers a question of the page; may do so while a model trains. */
export async function answer(question: Question): Promise<Answers[Question["about"]]> {
  switch (question.about) {
    case "drawing":
      return drawing(question.pixels);
    case "featureMaps":
      return featureMaps(modelNamed(question.model), question.pixels);
    case "digits": {
      const { x, y } = (await loadData())[question.data];
      return question.indices.map((index) => ({ pixels: bytesOf(x.at(index)), label: y.data[index] }));
    }
    case "layers":
      return describeLayers(question.layers);
    case "file":
      return modelFile(modelNamed(question.model));
    case "upload":
      return upload(question.name, question.bytes);
    case "forget":
      forget(question.model);
      return null;
  }
}

async function drawing(pixels: Float32Array): Promise<Answers["drawing"]> {
  const answers = [];
  for (const [name, model] of models()) {
    const { trained, readsDigits } = describeModel(name, model);
    const shape = imageShape(model);
    if (!trained || !readsDigits || !shape) continue;
    const { data } = await model.predictOnBatch(tensor(pixels, [1, ...shape], "float32"));
    answers.push({ model: name, probabilities: Array.from(data) });
  }
  return answers;
}

/** The shapes and parameters of layers one after another; from the first that does not fit, none. */
function describeLayers(configs: readonly LayerConfig[]): Answers["layers"] {
  let shape: readonly (number | null)[] | null = null;
  let parameters = 0;
  const described = configs.map(({ className, config }, index) => {
    try {
      const layer = layers.deserialize({
        class_name: className,
        config: inert(config, index),
      } as never) as Layer;
      if (className === "InputLayer") {
        shape = (layer as unknown as { batchShape: readonly (number | null)[] }).batchShape;
        return { shape, parameters: 0, weights: [] };
      }
      if (shape === null) return { shape: null, parameters: 0, weights: [] };
      layer.build(shape);
      layer.checkInput(shape);
      shape = layer.computeOutputShape(shape) as readonly (number | null)[];
      parameters += layer.countParams();
      return { shape, parameters: layer.countParams(), weights: weightShapes(layer) };
    } catch (error) {
      shape = null;
      return { shape: null, parameters: 0, weights: [], error: (error as Error).message };
    }
  });
  return { layers: described, parameters };
}

/** Looking at a layer must not use up a name or a random number that the students' models would get. */
function inert(config: LayerConfig["config"], index: number): Record<string, unknown> {
  const zeros = { module: "keras.initializers", class_name: "Zeros", config: {}, registered_name: null };
  const still = { ...config, name: `described_${index}` };
  for (const key of Object.keys(config))
    if (key.endsWith("_initializer")) Object.assign(still, { [key]: zeros });
  return still;
}

async function upload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answers["upload"]> {
  const model = await modelFromFile(bytes);
  declare(name, model);
  remember(model, {
    history: {},
    epochs: 0,
    seconds: 0,
    microsecondsPerStep: 0,
    stopped: false,
    weightsSha256: undefined,
  });
  return describeModel(name, model);
}
