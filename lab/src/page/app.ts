import { loadDigits } from "../data/load.js";
import type { Output, Progress } from "../engine/outputs.js";
import type { ModelInfo } from "../engine/protocol.js";
import { type CellSource, cellDocuments } from "../practical/steps.js";
import { readLabFile, writeLabFile } from "../storage/labFile.js";
import { DEFAULT_SETTINGS, type SavedCell, type SavedModel, type Settings, Work } from "../storage/work.js";
import { text } from "../text/index.js";
import { type CellHost, CellView } from "./cellView.js";
import type { EngineMessage } from "./engine.js";
import { Engine } from "./engine.js";

const t = text.shell;
/** Milliseconds without a key until an edit is saved. */
const SAVE_PAUSE = 400;

/** A model's training as far as it has got. */
export interface Course {
  readonly name: string;
  readonly parameters: number;
  readonly epochs: number;
  readonly accuracies: readonly number[];
  readonly seconds: number | null;
}

type Topic = "data" | "courses" | "status" | "models" | "running" | "settings" | "message";

/** The lab: cells in their order, the engine that runs them, the work that is kept. */
export class App {
  readonly cells = new Map<string, CellView>();
  readonly engine: Engine;
  settings: Settings = DEFAULT_SETTINGS;
  /** What the engine has, by name. */
  models: readonly ModelInfo[] = [];
  /** What the browser keeps, by name; the engine may not have it yet. */
  readonly kept = new Map<string, SavedModel>();
  /** How every model's training went, by name. */
  readonly courses = new Map<string, Course>();
  status: string = t.engineStarting;
  message = "";
  #work: Work | undefined;
  /** What was saved of cells before they were made. */
  readonly #saved = new Map<string, SavedCell>();
  readonly #listeners = new Map<Topic, Set<() => void>>();
  readonly #unsaved = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #stale = new Set<string>();
  #restored: Promise<void> = Promise.resolve();
  #dataStatus = t.dataLoading(0);

  constructor() {
    this.engine = new Engine({
      listen: (message) => this.#receive(message),
      loadData: async () => {
        try {
          const data = await loadDigits((share) => this.#showData(t.dataLoading(share)));
          this.#showData(t.dataReady);
          return data;
        } catch (error) {
          this.#showData(t.dataFailed((error as Error).message));
          throw error;
        } finally {
          this.#tell("data");
        }
      },
    });
    addEventListener("pagehide", () => this.#saveNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#saveNow();
    });
  }

  on(topic: Topic, listener: () => void): void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
  }

  #tell(topic: Topic): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  say(message: string): void {
    this.message = message;
    this.#tell("message");
  }

  get dataStatus(): string {
    return this.#dataStatus;
  }

  #showData(status: string): void {
    this.#dataStatus = status;
    this.#tell("status");
  }

  /** Makes a cell and takes up what was saved of it. */
  makeCell(
    id: string,
    source: Pick<CellSource, "label" | "before" | "code" | "translations">,
    edited?: (code: string) => void,
  ): CellView {
    const host: CellHost = {
      run: (cell) => void this.run(cell),
      changed: (cell) => this.#changed(cell),
      resume: (cell, model) => void this.resume(cell, model),
      questions: {
        digits: (data, indices) => this.engine.ask({ about: "digits", data, indices }),
        featureMaps: (model, pixels) => this.engine.ask({ about: "featureMaps", model, pixels }),
      },
    };
    const cell = new CellView(id, source, host, edited);
    this.cells.set(id, cell);
    this.#show(cell);
    return cell;
  }

  #show(cell: CellView): void {
    const saved = this.#saved.get(cell.id);
    if (saved) cell.restore(saved.code, saved.outputs ?? [], saved.ending);
  }

  /** Opens the browser's storage and shows what is in it. Nothing is run. */
  async restore(): Promise<void> {
    try {
      this.#work = await Work.open();
      const { cells, models, settings } = await this.#work.load();
      this.settings = settings;
      this.#tell("settings");
      for (const cell of cells) this.#saved.set(cell.id, cell);
      for (const cell of this.cells.values()) this.#show(cell);
      for (const { outputs = [] } of cells) for (const output of outputs) this.#follow(output);
      for (const model of models) this.kept.set(model.name, model);
      if (cells.some(({ ending }) => ending)) this.say(t.earlier);
      this.#work.onOtherTab(({ cell, all }) => {
        if (all) location.reload();
        else if (cell) void this.#takeOver(cell);
      });
    } catch {
      this.say(t.notSaved);
    }
    this.#restored = this.#giveModels();
    this.#tell("models");
  }

  /** Another tab has changed a cell: show its code, unless this tab has edits of its own. */
  async #takeOver(id: string): Promise<void> {
    const cell = this.cells.get(id);
    if (!cell || this.#unsaved.has(id) || cell.code.hasFocus) return;
    const saved = await this.#work?.readCell(id);
    const code = saved?.code ?? cell.original;
    if (cell.code.value !== code) {
      cell.code.set(code, false);
      cell.setIdle(t.changedElsewhere);
    }
  }

  async #giveModels(): Promise<void> {
    for (const { name, file } of this.kept.values()) {
      try {
        await this.engine.ask({ about: "upload", name, bytes: file });
      } catch (error) {
        this.say(t.uploadFailed((error as Error).message));
      }
    }
  }

  async run(cell: CellView): Promise<void> {
    cell.setStatus("queued");
    this.#tell("running");
    await this.#restored;
    const done = this.engine.run(cell.id, cell.code.value);
    this.#showRunning();
    await done;
    this.#showRunning();
  }

  async resume(cell: CellView, model: string): Promise<void> {
    cell.setResuming();
    const done = this.engine.resume(cell.id, model);
    this.#showRunning();
    await done;
    this.#showRunning();
  }

  /** Runs cells one after another; the first that fails is the last. */
  async runAll(cells: readonly CellView[]): Promise<void> {
    for (const cell of cells) {
      cell.setStatus("queued");
      this.#stale.add(cell.id);
    }
    for (const cell of cells) {
      if (!this.#stale.has(cell.id)) continue;
      await this.run(cell);
      this.#stale.delete(cell.id);
      if (!cell.ending?.ok || cell.ending.stopped) break;
    }
    for (const id of this.#stale) this.cells.get(id)?.setIdle();
    this.#stale.clear();
    this.#tell("running");
  }

  stop(): void {
    for (const id of this.#stale) if (id !== this.engine.running) this.cells.get(id)?.setIdle();
    this.#stale.clear();
    for (const id of this.engine.waiting) this.cells.get(id)?.setIdle();
    this.engine.stop();
  }

  get running(): boolean {
    return this.engine.running !== undefined || this.#stale.size > 0;
  }

  #showRunning(): void {
    const { running } = this.engine;
    const cell = running === undefined ? undefined : this.cells.get(running);
    if (cell && cell.element.dataset.status === "queued") cell.setStatus("running");
    this.#tell("running");
  }

  setSeed(seed: number): void {
    this.#changeSettings({ seed });
    this.engine.setSeed(seed);
    this.say(t.seedReset(seed));
  }

  setTheme(theme: Settings["theme"]): void {
    this.#changeSettings({ theme });
  }

  #changeSettings(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    void this.#work?.saveSettings(this.settings);
    this.#tell("settings");
  }

  async removeModel(name: string): Promise<void> {
    this.kept.delete(name);
    await this.#work?.removeModel(name);
    await this.engine.ask({ about: "forget", model: name });
    this.#tell("models");
  }

  async uploadModel(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const info = await this.engine.ask({ about: "upload", name, bytes });
    this.#keep({ name, info, file: bytes });
  }

  #keep(model: SavedModel): void {
    this.kept.set(model.name, model);
    void this.#work?.saveModel(model);
    this.#tell("models");
  }

  exportFile(): string {
    const made = [...this.cells.values()].filter((cell) => cell.changed);
    const unmade = [...this.#saved.values()].filter(({ id }) => !this.cells.has(id));
    return writeLabFile({
      cells: [...made.map((cell): SavedCell => ({ id: cell.id, code: cell.code.value })), ...unmade],
      models: [...this.kept.values()],
      settings: this.settings,
    });
  }

  /** Takes up somebody's exported file: shows its code, keeps its models, runs nothing. @throws if it is none */
  async importFile(content: string): Promise<void> {
    const file = readLabFile(content, new Set(cellDocuments().flat()));
    await this.#replace(file.cells, file.models, { ...this.settings, ...file.settings });
    this.say(t.imported(file.cells.length, file.models.length));
  }

  async startOver(): Promise<void> {
    await this.#replace([], [], { ...DEFAULT_SETTINGS, theme: this.settings.theme });
  }

  async #replace(
    cells: readonly SavedCell[],
    models: readonly SavedModel[],
    settings: Settings,
  ): Promise<void> {
    for (const name of this.kept.keys()) await this.engine.ask({ about: "forget", model: name });
    this.kept.clear();
    await this.#work?.replace(cells, models, settings);
    const codes = new Map(cells.map(({ id, code }) => [id, code]));
    this.#saved.clear();
    for (const cell of cells) this.#saved.set(cell.id, cell);
    for (const cell of this.cells.values()) {
      cell.outputs.clear();
      cell.setIdle();
      cell.restore(codes.get(cell.id) ?? cell.original, [], undefined);
    }
    for (const model of models) this.kept.set(model.name, model);
    this.settings = settings;
    this.#tell("settings");
    this.#restored = this.#giveModels();
    await this.#restored;
    this.#tell("models");
  }

  #receive(message: EngineMessage): void {
    switch (message.type) {
      case "ready":
        this.status = t.engineReady(message.threads);
        this.#tell("status");
        break;
      case "broken":
        this.status = t.engineBroken(message.message);
        this.#tell("status");
        break;
      case "output":
        this.cells.get(message.cell)?.add(message.output);
        this.#follow(message.output);
        break;
      case "progress":
        this.cells.get(message.cell)?.showProgress(message.progress);
        this.#followProgress(message.progress);
        break;
      case "end": {
        const cell = this.cells.get(message.cell);
        cell?.end(message.ending);
        if (cell) this.#saveResults(cell);
        break;
      }
      case "models":
        this.models = message.models;
        this.#tell("models");
        break;
      case "trained":
        this.#keep({ name: message.model.name, info: message.model, file: message.file });
        break;
      case "restarted":
        for (const cell of this.cells.values()) {
          if (cell.element.dataset.status !== "running") continue;
          cell.outputs.finishProgress();
          cell.setIdle(t.stopped);
          cell.outputs.showError(t.restarted);
        }
        this.models = [];
        this.#restored = this.#giveModels();
        break;
    }
  }

  #follow(output: Output): void {
    if (output.kind !== "training") return;
    this.courses.set(output.model, {
      name: output.model,
      parameters: output.parameters,
      epochs: output.epochs,
      accuracies: output.history.val_accuracy ?? [],
      seconds: output.running ? null : output.seconds,
    });
    this.#tell("courses");
  }

  #followProgress({ model, history }: Progress): void {
    const course = this.courses.get(model);
    if (!course || !history?.val_accuracy) return;
    this.courses.set(model, { ...course, accuracies: history.val_accuracy });
    this.#tell("courses");
  }

  #changed(cell: CellView): void {
    clearTimeout(this.#unsaved.get(cell.id));
    this.#unsaved.set(
      cell.id,
      setTimeout(() => this.#saveCode(cell), SAVE_PAUSE),
    );
  }

  #saveCode(cell: CellView): void {
    clearTimeout(this.#unsaved.get(cell.id));
    this.#unsaved.delete(cell.id);
    void this.#work?.saveCell(cell.id, { code: cell.changed ? cell.code.value : undefined });
  }

  #saveResults(cell: CellView): void {
    void this.#work?.saveCell(cell.id, {
      code: cell.changed ? cell.code.value : undefined,
      outputs: cell.outputs.outputs,
      ending: cell.ending,
    });
  }

  #saveNow(): void {
    for (const id of [...this.#unsaved.keys()]) {
      const cell = this.cells.get(id);
      if (cell) this.#saveCode(cell);
    }
  }
}
