import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { cached, hashOf } from "./cache.mjs";

const MODULE = "virtual:declarations";
const LIBRARIES = /^lib\.es(5|20\d\d)[a-z0-9.]*\.d\.ts$/;
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));

/** The declaration files of the library and of the lab's own module for the editor, made from their sources. */
export function declarations(): Plugin {
  const made = () =>
    cached("declarations", hashOf(SOURCES), async () => Buffer.from(JSON.stringify(await all())));
  return {
    name: "keratin-lab:declarations",
    // The compiler is another process: it starts before somebody asks for its work.
    buildStart() {
      made().catch(() => undefined);
    },
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    async load(id) {
      return id === `\0${MODULE}` ? `export const declarations = ${await made()};` : undefined;
    },
  };
}

const SOURCES = [
  "src",
  "figures",
  "lab/src",
  "lab/build/declarations.ts",
  "lab/tsconfig.declarations.json",
  "lab/tsconfig.json",
  "tsconfig.json",
  "node_modules/typescript/package.json",
];

async function all(): Promise<Record<string, string>> {
  return { ...(await emitted()), ...libraries() };
}

async function emitted(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "keratin-lab-"));
  try {
    await compile(folder);
    const files: Record<string, string> = {};
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files[`/${relative(folder, path).split(sep).join("/")}`] = readFileSync(path, "utf8");
    }
    return files;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): Promise<void> {
  const config = fileURLToPath(new URL("../tsconfig.declarations.json", import.meta.url));
  const args = [join(typescript, "bin", "tsc"), "-p", config, "--outDir", folder];
  return new Promise((resolve, reject) => {
    const compiler = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    compiler.stdout.on("data", (data) => {
      output += data;
    });
    compiler.on("error", reject);
    compiler.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`The editor's declarations cannot be made:\n${output}`)),
    );
  });
}

/** The language's own declarations, without those of pages. */
function libraries(): Record<string, string> {
  const files: Record<string, string> = {};
  const add = (name: string) => {
    if (`/${name}` in files) return;
    const text = readFileSync(join(typescript, "lib", name), "utf8");
    files[`/${name}`] = text;
    for (const [, reference] of text.matchAll(/<reference lib="([^"]+)"/g)) {
      const file = `lib.${reference}.d.ts`;
      if (LIBRARIES.test(file) || reference.startsWith("decorators")) add(file);
    }
  };
  add("lib.es2023.d.ts");
  return files;
}
