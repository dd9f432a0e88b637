import * as keratin from "keratin";
import { confine } from "./confine.js";
import { dataArrived, dataFailed, loadData } from "./data.js";
import { checkExercise } from "./exercises.js";
import * as lab from "./labModule.js";
import type { Ending, Request } from "./protocol.js";
import { answer } from "./questions.js";
import { describeModel, modelNamed, models } from "./registry.js";
import { describeError, runCell } from "./scope.js";
import { connect, currentCell, emit, enterCell, post } from "./session.js";
import { chooseThreads, threads } from "./threads.js";
import { instrument, resumeTraining, stopTraining } from "./training.js";

// The worker that everything is computed in: the students' cells, with the engine.

const modules = {
  keratin: {
    ...keratin,
    setThreads: chooseThreads,
    datasets: { ...keratin.datasets, mnist: { ...keratin.datasets.mnist, loadData } },
  },
  lab,
};

let stopped = false;

async function handle(request: Request): Promise<void> {
  switch (request.type) {
    case "data":
      dataArrived(request.train, request.test);
      break;
    case "dataFailed":
      dataFailed(request.message);
      break;
    case "run":
      await ended(request.cell, async () => {
        const value = await runCell(request.cell, request.code, modules);
        // what a training gave is shown already
        if (value !== undefined && !(value instanceof keratin.callbacks.History))
          emit({ kind: "text", level: "value", text: shown(value) });
      });
      break;
    case "resume":
      await ended(request.cell, () => resumeTraining(modelNamed(request.model)));
      break;
    case "stop":
      stopped = true;
      stopTraining();
      break;
    case "seed":
      keratin.utils.clearSession();
      keratin.utils.setRandomSeed(request.seed);
      break;
    case "check":
      try {
        post({ type: "checked", id: request.id, verdict: await checkExercise(request.exercise) });
      } catch (error) {
        post({
          type: "checked",
          id: request.id,
          verdict: { passed: false, reason: "failed", values: { message: (error as Error).message } },
        });
      }
      break;
    case "look":
      try {
        post({ type: "answer", id: request.id, answer: await answer(request.question) });
        if (request.question.about === "upload" || request.question.about === "forget") tellModels();
      } catch (error) {
        post({ type: "answer", id: request.id, error: (error as Error).message });
      }
      break;
  }
}

/** Runs what belongs to a cell and tells the page how it ended. */
async function ended(cell: string, run: () => Promise<void>): Promise<void> {
  enterCell(cell);
  stopped = false;
  const start = performance.now();
  let ending: Ending;
  try {
    await run();
    ending = { ok: true, milliseconds: performance.now() - start, stopped };
  } catch (error) {
    ending = { ok: false, error: describeError(cell, error) };
  }
  tellModels();
  post({ type: "end", cell, ending });
}

function tellModels(): void {
  post({
    type: "models",
    models: Array.from(models(), ([name, model]) => describeModel(name, model)),
  });
}

/** A value as a line of text. */
function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return `[function ${value.name}]`;
  if (value instanceof keratin.Tensor || typeof value !== "object" || value === null) return String(value);
  if (value instanceof keratin.Model) return `${value.name} (${value.constructor.name})`;
  if (value instanceof keratin.callbacks.History) return shown(value.history);
  try {
    return JSON.stringify(value, null, 2).replace(/\[[^[\]{}]*\]/g, (list) => list.replace(/\s+/g, " "));
  } catch {
    return String(value);
  }
}

function captureConsole(): void {
  for (const level of ["log", "info", "debug", "warn", "error"] as const) {
    console[level] = (...values: unknown[]) =>
      emit({
        kind: "text",
        level: level === "warn" || level === "error" ? level : "log",
        text: values.map(shown).join(" "),
      });
  }
}

/** Rejections that nobody awaited belong to the cell that started them. */
function captureRejections(): void {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const { message, line } = describeError(currentCell(), event.reason);
    emit({ kind: "text", level: "error", text: line ? `${message} (${line})` : message });
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    const { message, line } = describeError(currentCell(), event.error);
    emit({ kind: "text", level: "error", text: line ? `${message} (${line})` : message });
  });
}

confine();
captureConsole();
captureRejections();
instrument();
addEventListener("message", ({ ports: [port] }) => {
  // only a worker made by the sandbox frame has its content security policy
  if (!port || location.protocol !== "blob:") return;
  connect(port);
  port.onmessage = ({ data }: MessageEvent<Request>) => void handle(data);
  post({ type: "ready", threads: threads(), isolated: globalThis.crossOriginIsolated ?? false });
});
