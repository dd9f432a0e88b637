import { Tensor } from "../ops/tensor.js";
import type { Saveable, WeightStore } from "../ops/weightStore.js";
import type { DType, TypedArray } from "../tensor/dtype.js";
import { snakeCase } from "../utils/naming.js";
import { ownClassName } from "../utils/registration.js";
import type { Hdf5File } from "./hdf5/file.js";
import { type GroupToWrite, writeHdf5 } from "./hdf5/write.js";

/**
 * All that has variables in `root`, with its path in weights files, each once: `layers/dense`, `layers/dense_1`,
 * `layers/bidirectional/forward_layer/cell`, `optimizer`. Members of lists are called by their class, not by their name, and
 * numbered within the list.
 */
function* saveables(root: Saveable): Generator<[string, Saveable]> {
  const visited = new Set<Saveable>();
  function* visit(path: string, saveable: Saveable): Generator<[string, Saveable]> {
    if (visited.has(saveable)) return;
    visited.add(saveable);
    yield [path, saveable];
    const below = path === "" ? "" : `${path}/`;
    for (const [name, child] of saveable.saveableChildren()) {
      if (!isList(child)) {
        yield* visit(`${below}${name}`, child);
        continue;
      }
      const counts = new Map<string, number>();
      for (const element of child) {
        const kind = snakeCase(ownClassName(element.constructor as never));
        const count = counts.get(kind) ?? 0;
        counts.set(kind, count + 1);
        yield* visit(`${below}${name}/${count === 0 ? kind : `${kind}_${count}`}`, element);
      }
    }
  }
  yield* visit("", root);
}

function isList(child: Saveable | readonly Saveable[]): child is readonly Saveable[] {
  return Array.isArray(child);
}

/** A `.weights.h5` file: the variables of a model, of the layers in it, and of its optimizer. */
export function weightsFile(root: Saveable): Promise<Uint8Array> {
  const groups = [...saveables(root)].map(([path, saveable]): GroupToWrite => {
    const store = new Map<string, Tensor>();
    saveable.saveOwnVariables(store);
    return {
      path: path === "" ? "vars" : `${path}/vars`,
      texts: { name: saveable.name },
      arrays: store,
    };
  });
  return writeHdf5(groups);
}

export interface LoadStateOptions {
  /** Whether objects whose variables do not fit keep what they have. */
  readonly skipMismatch: boolean;
  /** The file, for messages. */
  readonly where: string;
}

/**
 * Gives a model the contents of an open `.weights.h5` file.
 * @throws if it does not fit; what fitted is loaded then
 */
export function loadState(file: Hdf5File, root: Saveable, { skipMismatch, where }: LoadStateOptions): void {
  const failures: [string, Error][] = [];
  for (const [path, saveable] of saveables(root)) {
    try {
      saveable.loadOwnVariables(new GroupStore(file, path));
    } catch (error) {
      failures.push([path || saveable.name, error as Error]);
    }
  }
  if (failures.length === 0 || skipMismatch) return;
  const [[, first]] = failures;
  throw new Error(
    `${where}: a total of ${failures.length} objects could not be loaded. ${first.message} ` +
      `Objects that could not be loaded: ${failures.map(([path]) => path).join(", ")}.`,
    { cause: first },
  );
}

/** What `body` changes in the variables of a model is taken back if it throws. */
export function allOrNothing(root: Saveable, body: () => void): void {
  const before = [...saveables(root)].map(([, saveable]): [Saveable, Map<string, Tensor>] => {
    const store = new Map<string, Tensor>();
    saveable.saveOwnVariables(store);
    return [saveable, store];
  });
  try {
    body();
  } catch (error) {
    for (const [saveable, store] of before) saveable.loadOwnVariables(new MemoryStore(store));
    throw error;
  }
}

/** The group `path`/vars of a file. */
class GroupStore implements WeightStore {
  readonly #file: Hdf5File;
  readonly #group: string;

  constructor(file: Hdf5File, path: string) {
    this.#file = file;
    // Keras 2.13 called the list of layers otherwise
    const old = path.replace(/(^|\/)layers\//g, "$1_layer_checkpoint_dependencies/");
    this.#group = [path, old].map((p) => (p === "" ? "vars" : `${p}/vars`)).find((p) => file.has(p)) ?? "";
  }

  names(): string[] {
    return this.#group === "" ? [] : this.#file.names(this.#group);
  }

  #path(name: string): string {
    return `${this.#group}/${name}`;
  }

  shape(name: string): readonly number[] {
    const shape = this.#group === "" ? undefined : this.#file.shape(this.#path(name));
    if (!shape) throw new Error(`There is no variable '${name}' in ${this.#group || "the file"}.`);
    return shape;
  }

  get(name: string): Tensor {
    const { shape, data } = this.#file.array(this.#path(name));
    return new Tensor(data, { shape, dtype: dtypeOf(data) });
  }
}

/** What was there before. */
class MemoryStore implements WeightStore {
  readonly #tensors: ReadonlyMap<string, Tensor>;

  constructor(tensors: ReadonlyMap<string, Tensor>) {
    this.#tensors = tensors;
  }

  names(): string[] {
    return [...this.#tensors.keys()];
  }

  shape(name: string): readonly number[] {
    return this.get(name).shape;
  }

  get(name: string): Tensor {
    return this.#tensors.get(name) as Tensor;
  }
}

/** The element type that an array stands for. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Uint32Array ? "uint32" : "uint8";
}
