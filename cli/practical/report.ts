import { existsSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { platform } from "#platform";
import type { FigureData } from "./html.js";
import { reportHtml } from "./html.js";

/** One finished model. */
export interface ModelReport {
  readonly name: string;
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly test: { readonly loss: number; readonly accuracy: number };
  /** Rows are predicted digits, columns true ones. */
  readonly confusion: readonly (readonly number[])[];
  /** Of the little-endian bytes of all `model.weights`, in order. */
  readonly weightsSha256: string;
  readonly seconds: { readonly fit: number; readonly predict: number };
  readonly microsecondsPerStep: number;
}

export interface Report {
  readonly keratin: string;
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly validationSplit: number;
  readonly data: {
    readonly source: string;
    readonly train: number;
    readonly test: number;
    readonly labelCounts: readonly number[];
  };
  readonly models: ModelReport[];
}

/** Node's own recursive mkdir never returns where a folder cannot hold others (/proc). */
async function makeFolder(folder: string): Promise<void> {
  const attempt = () =>
    mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  const parent = dirname(folder);
  if (parent === folder || existsSync(parent)) return attempt();
  await makeFolder(parent);
  await attempt();
}

/** @throws if the folder cannot be made or written to */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    const probe = join(folder, `.keratin-${process.pid}`);
    await (await open(probe, "w")).close();
    await rm(probe);
  } catch (error) {
    throw new Error(
      `--out ${folder}: this folder cannot be written to (${(error as Error).message}). Name another one.`,
    );
  }
}

export async function writeReport(folder: string, report: Report, figures: FigureData): Promise<void> {
  await platform.writeFileAtomic(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  await platform.writeFileAtomic(join(folder, "report.html"), reportHtml(report, figures));
}
