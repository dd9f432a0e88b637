import type { CellProgram, ModuleName } from "./cellCode.js";
import { CellSyntaxError } from "./cellSyntaxError.js";
import type { CellError } from "./protocol.js";

// Cells share names as the lines of a console do: what one declares at its top level is a property of the worker's global
// object, where the cells after it find it.

type Scope = Record<string, unknown>;
const globals = globalThis as unknown as Scope;
const declared = new Set<string>();

/** Lines that `AsyncFunction` puts before a body. */
const LINES_BEFORE = 2;

const AsyncFunction = (async () => {}).constructor as new (body: string) => () => Promise<unknown>;

/** Names that cells have declared, with their values now. */
export function declaredValues(): [string, unknown][] {
  return [...declared].map((name) => [name, globals[name]]);
}

export function valueOf(name: string): unknown {
  return declared.has(name) ? globals[name] : undefined;
}

/** Makes a name known to all cells. */
export function declare(name: string, value: unknown): void {
  Object.defineProperty(globals, name, { value, writable: true, configurable: true, enumerable: true });
  declared.add(name);
}

export function forget(name: string): void {
  if (declared.delete(name)) delete globals[name];
}

/**
 * Runs a cell.
 *
 * @returns the value of its last expression
 * @throws whatever the cell throws, or {@link CellSyntaxError}
 */
export async function runCell(
  id: string,
  source: string,
  modules: Readonly<Record<ModuleName, Readonly<Record<string, unknown>>>>,
): Promise<unknown> {
  // the compiler's code comes with the first cell
  const { compileCell } = await import("./cellCode.js");
  const program = compileCell(source);
  importNames(program, modules);
  for (const name of program.names) declare(name, undefined);
  return new AsyncFunction(`${program.body}\n//# sourceURL=${sourceName(id)}`)();
}

function importNames(
  { imports }: CellProgram,
  modules: Readonly<Record<ModuleName, Readonly<Record<string, unknown>>>>,
): void {
  for (const { module, imported, local } of imports) {
    if (imported !== "*" && !Object.hasOwn(modules[module], imported))
      throw new CellSyntaxError(
        `"${module}" has no export named \`${imported}\`. It has: ${Object.keys(modules[module]).join(", ")}`,
        undefined,
        undefined,
      );
    declare(local, imported === "*" ? modules[module] : modules[module][imported]);
  }
}

function sourceName(id: string): string {
  return `cell-${id}.ts`;
}

/** What went wrong in a cell, and where in it. */
export function describeError(id: string, error: unknown): CellError {
  if (error instanceof CellSyntaxError)
    return { message: `SyntaxError: ${error.message}`, line: error.line, column: error.column };
  if (!(error instanceof Error)) return { message: `Thrown: ${String(error)}` };
  const message = error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
  const place = new RegExp(`${sourceName(id).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:(\\d+):(\\d+)`).exec(
    error.stack ?? "",
  );
  return place ? { message, line: Number(place[1]) - LINES_BEFORE, column: Number(place[2]) } : { message };
}
