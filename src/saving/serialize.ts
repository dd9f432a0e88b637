import { Tensor } from "../ops/tensor.js";
import { type CustomObject, getRegisteredName } from "../utils/registration.js";
import { type Json, type Serializable, serializeObject } from "../utils/serialization.js";
import { sharingObjects } from "../utils/sharedObjects.js";

/**
 * Keras's dictionary of a layer, model, loss, metric, optimizer, … ; plain values, lists and dictionaries of these stay what they
 * are; tensors become `{ class_name: "__tensor__", … }`.
 * @throws if an object has no `getConfig`
 * @see https://keras.io/api/models/model_saving_apis/serialization_utils/#serializekerasobject-function
 */
export function serializeKerasObject(object: unknown): Json {
  return sharingObjects(() => serialized(object));
}

function serialized(object: unknown): Json {
  if (object === undefined || object === null) return null;
  if (typeof object === "number" || typeof object === "string" || typeof object === "boolean") return object;
  if (Array.isArray(object)) return object.map(serialized);
  if (object instanceof Tensor)
    return { class_name: "__tensor__", config: { value: object.toArray() as Json, dtype: object.dtype } };
  if (typeof object === "function") {
    const name = getRegisteredName(object as CustomObject);
    return { module: "builtins", class_name: "function", config: name, registered_name: name };
  }
  if (typeof object === "object" && "getConfig" in object) return serializeObject(object as Serializable);
  if (typeof object === "object" && Object.getPrototypeOf(object) === Object.prototype)
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, serialized(value)]));
  throw new Error(
    `An object of class ${(object as object).constructor?.name} cannot be saved. To be serializable, a class must implement \`getConfig()\`.`,
  );
}
