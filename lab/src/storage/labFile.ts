import { text } from "../text/index.js";
import type { SavedCell, SavedModel, Settings } from "./work.js";

/** What is in an exported file. Results are not: they can be computed again, and somebody else's would only be claims. */
export interface LabFile {
  readonly cells: readonly SavedCell[];
  readonly models: readonly SavedModel[];
  readonly settings: Pick<Settings, "seed">;
}

const FORMAT = "keratin-lab";
const VERSION = 1;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$_]{0,63}$/u;
const LONGEST_CODE = 1_000_000;

export function writeLabFile({ cells, models, settings }: LabFile): string {
  return JSON.stringify(
    {
      format: FORMAT,
      version: VERSION,
      seed: settings.seed,
      cells: cells.filter(({ code }) => code !== undefined).map(({ id, code }) => ({ id, code })),
      models: models.map(({ name, info, file }) => ({
        name,
        parameters: info.parameters,
        file: base64(file),
      })),
    },
    null,
    1,
  );
}

/**
 * Reads an exported file, which may come from anybody: everything in it is checked, and nothing in it is run.
 *
 * @param known the ids of the lab's cells; others are refused
 * @throws if it is not such a file; the message says why
 */
export function readLabFile(content: string, known: ReadonlySet<string>): LabFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw new Error(text.shell.notALabFile);
  }
  const file = record(parsed);
  if (file?.format !== FORMAT) throw new Error(text.shell.notALabFile);
  const check: (condition: boolean, where: string) => asserts condition = (condition, where) => {
    if (!condition) throw new Error(text.shell.damagedLabFile(where));
  };
  check(file.version === VERSION, "version");
  const { seed, cells, models } = file;
  check(Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32, "seed");
  check(Array.isArray(cells), "cells");
  check(Array.isArray(models), "models");
  return {
    settings: { seed: seed as number },
    cells: cells.map((value, i) => {
      const cell = record(value);
      check(typeof cell?.id === "string" && known.has(cell.id), `cells[${i}].id`);
      check(typeof cell.code === "string" && cell.code.length <= LONGEST_CODE, `cells[${i}].code`);
      return { id: cell.id, code: cell.code };
    }),
    models: models.map((value, i) => {
      const model = record(value);
      check(typeof model?.name === "string" && IDENTIFIER.test(model.name), `models[${i}].name`);
      check(Number.isInteger(model.parameters), `models[${i}].parameters`);
      check(typeof model.file === "string", `models[${i}].file`);
      const bytes = fromBase64(model.file);
      check(bytes !== undefined, `models[${i}].file`);
      const { name, parameters } = model as { name: string; parameters: number };
      return { name, file: bytes, info: { name, parameters, trained: true, readsDigits: false } };
    }),
  };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

function fromBase64(content: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
