import { Model, saving } from "keratin";

/** A model as the bytes of a `.keras` file. */
export async function modelFile(model: Model): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await saving.toBytes(model));
}

/** @throws if the bytes are no `.keras` file, or hold no model that can be used */
export async function modelFromFile(bytes: Uint8Array<ArrayBuffer>): Promise<Model> {
  const model = await saving.loadModel(bytes);
  if (!(model instanceof Model)) throw new Error("There is no model in the file.");
  return model;
}
