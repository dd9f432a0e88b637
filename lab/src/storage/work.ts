import type { Output } from "../engine/outputs.js";
import type { Ending, ModelInfo } from "../engine/protocol.js";

/** A cell as the student left it. */
export interface SavedCell {
  readonly id: string;
  /** Undefined: as it was written. */
  readonly code?: string;
  readonly outputs?: readonly Output[];
  readonly ending?: Ending;
}

export interface SavedModel {
  readonly name: string;
  readonly info: ModelInfo;
  readonly file: Uint8Array<ArrayBuffer>;
}

export interface Settings {
  readonly seed: number;
  readonly theme: "auto" | "light" | "dark";
}

export const DEFAULT_SETTINGS: Settings = { seed: 45, theme: "auto" };

const DATABASE = "keratin-lab";
const VERSION = 1;
const STORES = ["cells", "models", "settings"] as const;
type Store = (typeof STORES)[number];

/**
 * The student's work in the browser's database. Each change is one transaction: after a crash there is the state before it or
 * the state after it. Other tabs of the lab hear of every change.
 */
export class Work {
  readonly #database: IDBDatabase;
  readonly #tabs = new BroadcastChannel(`keratin-lab ${new URL(".", location.href).pathname}`);

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** @throws if the browser lets the page keep nothing */
  static async open(): Promise<Work> {
    // labs in several folders of one host are several labs
    const request = indexedDB.open(`${DATABASE} ${new URL(".", location.href).pathname}`, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("cells", { keyPath: "id" });
      request.result.createObjectStore("models", { keyPath: "name" });
      request.result.createObjectStore("settings");
    };
    const database = await finished(request);
    database.onversionchange = () => database.close();
    void navigator.storage?.persist?.();
    return new Work(database);
  }

  async load(): Promise<{
    readonly cells: readonly SavedCell[];
    readonly models: readonly SavedModel[];
    readonly settings: Settings;
  }> {
    const transaction = this.#database.transaction(STORES);
    const [cells, models, settings] = await Promise.all([
      finished(transaction.objectStore("cells").getAll()),
      finished(transaction.objectStore("models").getAll()),
      finished(transaction.objectStore("settings").get("settings")),
    ]);
    return { cells, models, settings: { ...DEFAULT_SETTINGS, ...settings } };
  }

  /** Changes a cell's record; what is not named stays. */
  async saveCell(id: string, change: Partial<SavedCell>): Promise<void> {
    await this.#change(["cells"], async ({ cells }) => {
      const before = await finished(cells.get(id) as IDBRequest<SavedCell | undefined>);
      cells.put({ ...before, ...change, id });
    });
    this.#tabs.postMessage({ cell: id });
  }

  async readCell(id: string): Promise<SavedCell | undefined> {
    return finished(this.#database.transaction("cells").objectStore("cells").get(id));
  }

  async saveModel(model: SavedModel): Promise<void> {
    await this.#change(["models"], ({ models }) => void models.put(model));
    this.#tabs.postMessage({ models: true });
  }

  async removeModel(name: string): Promise<void> {
    await this.#change(["models"], ({ models }) => void models.delete(name));
    this.#tabs.postMessage({ models: true });
  }

  async saveSettings(settings: Settings): Promise<void> {
    await this.#change(["settings"], ({ settings: store }) => void store.put(settings, "settings"));
  }

  /** Everything at once, in one transaction. */
  async replace(
    cells: readonly SavedCell[],
    models: readonly SavedModel[],
    settings: Settings,
  ): Promise<void> {
    await this.#change(STORES, (stores) => {
      for (const name of STORES) stores[name].clear();
      for (const cell of cells) stores.cells.put(cell);
      for (const model of models) stores.models.put(model);
      stores.settings.put(settings, "settings");
    });
    this.#tabs.postMessage({ all: true });
  }

  /** Calls `listener` when another tab has changed a cell (or everything). */
  onOtherTab(listener: (change: { readonly cell?: string; readonly all?: boolean }) => void): void {
    this.#tabs.onmessage = ({ data }) => listener(data);
  }

  async #change(
    names: readonly Store[],
    run: (stores: Record<Store, IDBObjectStore>) => void | Promise<void>,
  ): Promise<void> {
    const transaction = this.#database.transaction(names, "readwrite", { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(transaction.error ?? new Error("The browser did not save the work."));
    });
    await run(stores as Record<Store, IDBObjectStore>);
    await done;
  }
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
