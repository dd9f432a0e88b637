import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { Plugin } from "vite";

const MODULE = "virtual:declarations";
const root = fileURLToPath(new URL("../..", import.meta.url));
const LIBRARIES = /^lib\.es(5|20\d\d)[a-z0-9.]*\.d\.ts$/;

/** The declaration files of the library and of the lab's own module for the editor, made from their sources. */
export function declarations(): Plugin {
  return {
    name: "keratin-lab:declarations",
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      return `export const declarations = ${JSON.stringify({ ...emitted(), ...libraries() })};`;
    },
  };
}

function emitted(): Record<string, string> {
  const { config } = ts.readConfigFile(join(root, "lab/tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, "lab"));
  const program = ts.createProgram([join(root, "src/index.ts"), join(root, "lab/src/engine/labModule.ts")], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    sourceMap: false,
    inlineSources: false,
    outDir: root,
    removeComments: false,
  });
  const files: Record<string, string> = {};
  program.emit(undefined, (path, text) => {
    files[`/${relative(root, path).replaceAll("\\", "/")}`] = text;
  });
  return files;
}

/** The language's own declarations, without those of pages. */
function libraries(): Record<string, string> {
  const folder = dirname(createRequire(import.meta.url).resolve("typescript"));
  const files: Record<string, string> = {};
  const add = (name: string) => {
    if (`/${name}` in files) return;
    const text = readFileSync(join(folder, name), "utf8");
    files[`/${name}`] = text;
    for (const [, reference] of text.matchAll(/<reference lib="([^"]+)"/g)) {
      const file = `lib.${reference}.d.ts`;
      if (LIBRARIES.test(file) || reference.startsWith("decorators")) add(file);
    }
  };
  add("lib.es2023.d.ts");
  return files;
}
