import { existsSync } from "node:fs";
import { register } from "node:module";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Model } from "keratin";
import manifest from "../../package.json" with { type: "json" };
import { buildModel } from "../practical/build.js";
import { type PracticalModel, practicalModels } from "../practical/models.js";
import type { HookData } from "./hooks.js";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];
const EXAMPLE =
  'for instance: export default () => new Sequential([Input([28, 28]), new layers.Flatten(), new layers.Dense(10, { activation: "softmax" })]);';

/**
 * The model of a user's file, whose default export is a function that returns a model. It is built once to see whether it
 * fits, so that what is wrong is found before anything is trained.
 * @throws if there is no such file, it cannot be run, or what it gives is no model of ten classes over these images
 */
export async function userModel(path: string, seed: number): Promise<PracticalModel> {
  const wrong = (what: string) => new Error(`--model ${path}: ${what}`);
  const name = basename(path, extname(path));
  if (!EXTENSIONS.includes(extname(path)))
    throw wrong(`expected a file that ends in ${EXTENSIONS.join(", ")}.`);
  if (!existsSync(path)) throw wrong("there is no such file.");
  if (practicalModels.some((model) => model.name === name))
    throw wrong(`one of the practical's models is called '${name}' already. Rename the file.`);
  const build = await defaultExport(path).catch((error) => {
    throw wrong(`the file cannot be run. ${messageOf(error)}`);
  });
  if (typeof build !== "function")
    throw wrong(`expected the default export to be a function that returns a model, ${EXAMPLE}`);
  const definition: PracticalModel = {
    name,
    description: `Your own model, from ${basename(path)}.`,
    build: async () => {
      const model: unknown = await build();
      if (model instanceof Model) return model;
      throw new Error(
        `expected the default export to return a model, ${EXAMPLE} Received: ${kindOf(model)}.`,
      );
    },
  };
  try {
    check(await buildModel(definition, seed));
  } catch (error) {
    throw wrong(messageOf(error));
  }
  return definition;
}

/** @throws if the model cannot read 28×28 images, or does not tell ten classes apart */
function check(model: Model): void {
  if (!model.inputShape) model.build([null, 28, 28]);
  const shape = model.inputShape as readonly unknown[];
  const fits = ["null,28,28", "null,28,28,1", "null,784"].some(
    (known) => shape.map((extent) => extent ?? "null").join() === known,
  );
  if (!fits)
    throw new Error(
      `expected a model whose input is Input([28, 28]), Input([28, 28, 1]) or Input([784]). Received: ${JSON.stringify(shape)}.`,
    );
  const output = model.computeOutputShape(
    model.inputShape as readonly (number | null)[],
  ) as readonly unknown[];
  if (output.length !== 2 || output[1] !== 10)
    throw new Error(
      `expected 10 outputs, a probability for each digit, such as new layers.Dense(10, { activation: "softmax" }). Received an output of shape ${JSON.stringify(output)}.`,
    );
}

let registered = false;

async function defaultExport(path: string): Promise<unknown> {
  if (!registered) {
    registered = true;
    const data: HookData = {
      library: Object.fromEntries(
        Object.keys(manifest.exports)
          .map((path) => path.replace(/^\./, "keratin"))
          .map((name) => [name, import.meta.resolve(name)]),
      ),
      stripsTypes: Boolean((process.features as { typescript?: unknown }).typescript),
    };
    register("./hooks.js", { parentURL: import.meta.url, data });
  }
  return ((await import(pathToFileURL(resolve(path)).href)) as { default?: unknown }).default;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const kindOf = (value: unknown) =>
  typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
