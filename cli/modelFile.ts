import { existsSync } from "node:fs";
import { type Model, models } from "keratin";

/** The model of a file. @throws if there is no such file, or it is no model; the message says what to do */
export async function modelOf(path: string): Promise<Model> {
  if (!/^https?:/.test(path) && !existsSync(path))
    throw new Error(
      `There is no file ${path}. Name a saved model, such as report/cnn.keras, which keratin practical writes.`,
    );
  return models.loadModel(path);
}
