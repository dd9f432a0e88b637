import type { Json, SerializedObject } from "./serialization.js";

// One object that occurs in several places of a configuration is written each time, with the same `shared_object_id`, and
// made once when it is read, as in Keras.

type Dictionary = { [key: string]: Json };

let written: Map<object, Dictionary> | undefined;
let read: Map<number, unknown> | undefined;
let nextId = 1;

/** Runs `body`; objects that it writes more than once get an id, and dictionaries that it reads with one id give one object. */
export function sharingObjects<R>(body: () => R): R {
  const outer = [written, read, nextId] as const;
  written = new Map();
  read = new Map();
  nextId = 1;
  try {
    return body();
  } finally {
    [written, read, nextId] = outer;
  }
}

/** The dictionary of an object, marked if it was written before. */
export function sharedObject(object: object, serialize: () => Dictionary): Json {
  const before = written?.get(object);
  if (before) {
    before.shared_object_id ??= nextId++;
    return before;
  }
  const dictionary = serialize();
  written?.set(object, dictionary);
  return dictionary;
}

/** The object of a dictionary, the same one as before if its id was read before. */
export function shared<T>({ shared_object_id: id }: SerializedObject, make: () => T): T {
  if (id === undefined || !read) return make();
  if (read.has(id)) return read.get(id) as T;
  const object = make();
  read.set(id, object);
  return object;
}
