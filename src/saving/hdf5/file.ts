import type { TypedArray } from "../../tensor/dtype.js";
import { countOf, type ElementType } from "./elements.js";
import { inspectHdf5, type ObjectInfo } from "./structure.js";

type Library = typeof import("h5wasm");

type Loaded = { readonly library: Library; readonly module: Awaited<Library["ready"]> };

/** The numbers of an array. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export async function loadHdf5(): Promise<Loaded> {
  const library = await import("h5wasm");
  const module = await library.ready;
  // the library prints what it thinks of damaged files; errors say it
  const [, , stderr] = (module.FS as unknown as { streams: { stream_ops: object }[] }).streams;
  const write = (_stream: unknown, _buffer: unknown, _offset: number, length: number) => length;
  stderr.stream_ops = { ...stderr.stream_ops, write };
  return { library, module };
}

let opened = 0;

/** A new name in the library's file system, which is in memory. */
export function temporaryPath(): string {
  return `/${opened++}.h5`;
}

/** An HDF5 file that was found sound. Give it back with `close`. */
export class Hdf5File {
  readonly #info: ObjectInfo;
  readonly #file: InstanceType<Library["File"]>;
  readonly #where: string;
  readonly #remove: () => void;

  private constructor(
    info: ObjectInfo,
    file: InstanceType<Library["File"]>,
    where: string,
    remove: () => void,
  ) {
    this.#info = info;
    this.#file = file;
    this.#where = where;
    this.#remove = remove;
  }

  /**
   * @param where the file, for messages
   * @throws if it is damaged
   */
  static async open(bytes: Uint8Array, where: string): Promise<Hdf5File> {
    const info = inspectHdf5(bytes, where);
    const { library, module } = await loadHdf5();
    const path = temporaryPath();
    module.FS.writeFile(path, bytes);
    const remove = () => module.FS.unlink(path);
    const file = new library.File(path, "r");
    if (file.file_id < 0n) {
      remove();
      throw new Error(`${where} is damaged: the HDF5 library cannot open it.`);
    }
    return new Hdf5File(info, file, where, remove);
  }

  close(): void {
    this.#file.close();
    this.#remove();
  }

  #find(path: string): ObjectInfo | undefined {
    let object: ObjectInfo | undefined = this.#info;
    for (const name of path.split("/").filter(Boolean)) object = object?.members?.get(name);
    return object;
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  /** The names in a group, in the order of Python's sort; none if there is no such group. */
  names(path: string): string[] {
    return [...(this.#find(path)?.members?.keys() ?? [])].sort();
  }

  /** The shape of a dataset; undefined if there is none. */
  shape(path: string): readonly number[] | undefined {
    return this.#find(path)?.array?.shape;
  }

  /** Numbers in all arrays together. */
  get arrayElements(): number {
    const total = (object: ObjectInfo): number =>
      (object.array ? countOf(object.array.shape) : 0) +
      [...(object.members?.values() ?? [])].reduce((sum, member) => sum + total(member), 0);
    return total(this.#info);
  }

  /** The numbers of a dataset: float64 and float16 as float32, integers of 8 bytes as int32. @throws if there is none */
  array(path: string): Hdf5Array {
    const info = this.#find(path)?.array;
    if (!info) throw new Error(`${this.#where} has no array ${path}.`);
    const { type, shape } = info;
    if (type.kind !== "float" && type.kind !== "integer")
      throw new Error(`${this.#where}: ${path} holds no numbers.`);
    if (type.size === 2 && type.kind === "float")
      throw new Error(
        `${this.#where}: ${path} holds float16 numbers, which are not supported here. Save the model in float32.`,
      );
    if (countOf(shape) === 0) return { shape, data: new Float32Array(0) };
    const value = this.#reading(path, () => {
      const dataset = this.#file.get(path);
      return dataset && "slice" in dataset ? (dataset.value as unknown) : undefined;
    });
    return { shape, data: numbers(value, type) };
  }

  /** Texts of an attribute; undefined if there is none of that name. */
  texts(path: string, name: string): string[] | undefined {
    const info = this.#find(path)?.attributes.get(name);
    if (!info) return undefined;
    if (countOf(info.shape) === 0) return [];
    if (info.type.kind !== "string" && info.type.kind !== "text")
      throw new Error(`${this.#where}: attribute ${name} of ${path || "the root"} holds no text.`);
    const value = this.#reading(`${path}, attribute ${name}`, () => {
      const object = path === "" ? this.#file : this.#file.get(path);
      return object && "attrs" in object ? (object.get_attribute(name, true) as unknown) : undefined;
    });
    return (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]).map(String);
  }

  #reading<R>(what: string, read: () => R | undefined): R {
    let value: R | undefined;
    let cause: unknown;
    try {
      value = read();
    } catch (error) {
      cause = error;
    }
    if (value === undefined || value === null)
      throw new Error(`${this.#where} is damaged: ${what} cannot be read.`, { cause });
    return value;
  }
}

/** What the library gives: an array, or one number for a scalar. */
function numbers(value: unknown, type: ElementType): TypedArray {
  if (typeof value === "number" || typeof value === "bigint")
    return type.kind === "float" ? Float32Array.of(Number(value)) : Int32Array.of(Number(value));
  if (value instanceof BigInt64Array || value instanceof BigUint64Array)
    return Int32Array.from(value, Number);
  if (value instanceof Float64Array) return Float32Array.from(value);
  if (value instanceof Int8Array || value instanceof Int16Array || value instanceof Uint16Array)
    return Int32Array.from(value);
  return value as TypedArray;
}
