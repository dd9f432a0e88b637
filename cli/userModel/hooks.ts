// What Node asks while a user's model file is loaded (https://nodejs.org/api/module.html#customization-hooks); runs in a
// thread of its own. `keratin` is the library that the command itself uses, wherever the file lies; TypeScript is
// transpiled where Node does not do it.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What the command tells this thread. */
export interface HookData {
  /** Addresses of the library's entries, by specifier. */
  readonly library: Readonly<Record<string, string>>;
  /** Whether Node strips types itself. */
  readonly stripsTypes: boolean;
}

interface Context {
  readonly parentURL?: string;
}
type Next<T> = (at: string, context: Context) => Promise<T>;
interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit?: boolean;
}

let data: HookData;

export function initialize(given: HookData): void {
  data = given;
}

export async function resolve(specifier: string, context: Context, next: Next<Resolved>): Promise<Resolved> {
  const own = data.library[specifier];
  if (own) return { url: own, shortCircuit: true };
  try {
    return await next(specifier, context);
  } catch (error) {
    // TypeScript names a file by what it becomes
    if (context.parentURL?.endsWith(".ts") && /^\.\.?\/.*\.js$/.test(specifier))
      return next(specifier.replace(/\.js$/, ".ts"), context);
    throw error;
  }
}

export async function load(url: string, context: Context, next: Next<Loaded>): Promise<Loaded> {
  if (data.stripsTypes || !url.startsWith("file:") || !/\.m?ts$/.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  return { format: "module", source: await transpiled(path), shortCircuit: true };
}

/** With esbuild or the TypeScript compiler of the user's own project. */
async function transpiled(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  const require = createRequire(path);
  const found = (name: string) => {
    try {
      return require(name);
    } catch {
      return undefined;
    }
  };
  const esbuild = found("esbuild");
  if (esbuild) {
    const options = { loader: "ts", format: "esm", target: "node20", sourcefile: path, sourcemap: "inline" };
    return (await esbuild.transform(text, options)).code;
  }
  const typescript = found("typescript");
  if (typescript) {
    const { ESNext, ES2022 } = { ...typescript.ModuleKind, ...typescript.ScriptTarget };
    return typescript.transpileModule(text, { compilerOptions: { module: ESNext, target: ES2022 } })
      .outputText;
  }
  throw new Error(
    `${path} is TypeScript, which Node ${process.versions.node} does not run by itself. Use Node 22.18 or later, or install esbuild or typescript beside the file, or write it in JavaScript (.mjs).`,
  );
}
