import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type SourceFile, violations } from "./imports.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const NOT_COMMITTED = new Set(["node_modules", ".git", ".venv", "dist", "report", "coverage"]);

function filesUnder(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => !NOT_COMMITTED.has(entry.name) && join(path, entry.name) !== join("docs", "api"))
    .flatMap((entry) => {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(child) : entry.isFile() ? [child] : [];
    });
}

function sources(): SourceFile[] {
  return ["src", "figures", "cli", "bench"]
    .flatMap(filesUnder)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The checker on made-up files: path → text. */
function check(files: Record<string, string>): string[] {
  return violations(Object.entries(files).map(([path, text]) => ({ path, text })));
}

describe("import direction", () => {
  it("only points downwards, without cycles, and reaches the host only through #platform", () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(20);
    expect(violations(files)).toEqual([]);
  });

  it("accepts downward imports, #platform from the backends up, and names that a file declares itself", () => {
    const found = check({
      "src/index.ts": `export { dense } from "./layers/core/dense.js";`,
      "src/layers/core/dense.ts": `import { add } from "../../ops/add.js"; export const dense = add;`,
      "src/ops/add.ts": `export const add = (window: number[], o: { process: 1 }) => [window.length, o.process];`,
      "src/backends/wasm/instance.ts": `import { platform } from "#platform"; export const now = platform;`,
      "src/runtime/platform/node.ts": `import fs from "node:fs"; export const platform = [fs, process.pid];`,
      "cli/keratin.ts": `import { Command } from "commander"; import { dense } from "keratin"; dense(Command);`,
    });
    expect(found).toEqual([]);
  });

  it("reports an upward import, of a value or of a type", () => {
    const found = check({
      "src/ops/add.ts": `import { Dense } from "../layers/dense.js"; import type { Model } from "../models/model.js";`,
      "src/layers/dense.ts": "export const Dense = 1;",
      "src/models/model.ts": "export type Model = 1;",
      "src/losses/mse.ts": `export const load = () => import("../models/model.js");`,
      "src/tensor/view.ts": `export type M = import("../models/model.js").Model;`,
    });
    expect(found).toEqual([
      "src/ops/add.ts imports upwards: src/layers/dense.ts.",
      "src/ops/add.ts imports upwards: src/models/model.ts.",
      "src/losses/mse.ts imports upwards: src/models/model.ts.",
      "src/tensor/view.ts imports upwards: src/models/model.ts.",
    ]);
  });

  it("reports cycles of folders within a rank and cycles of files, but no file cycle of types alone", () => {
    const found = check({
      "src/losses/a.ts": `import type { M } from "../metrics/a.js"; export type L = M;`,
      "src/metrics/a.ts": `import { x } from "../losses/b.js"; export type M = typeof x;`,
      "src/losses/b.ts": "export const x = 1;",
      "src/ops/p.ts": `import { q } from "./q.js"; export const p = q;`,
      "src/ops/q.ts": `import { r } from "./r.js"; export const q = r;`,
      "src/ops/r.ts": `import { p } from "./p.js"; export const r = p;`,
      "src/ops/s.ts": `import type { T } from "./t.js"; export const s = 1 as T;`,
      "src/ops/t.ts": `import { s } from "./s.js"; export type T = typeof s;`,
    });
    expect(found).toEqual([
      expect.stringMatching(/^folders in a cycle: (losses → metrics → losses|metrics → losses → metrics)\.$/),
      expect.stringMatching(/^files in a cycle: src\/ops\/[pqr]\.ts → .* → src\/ops\/[pqr]\.ts\.$/),
    ]);
  });

  it("lets a package in where it is loaded when it is needed, by the folder that may", () => {
    const found = check({
      "src/callbacks/a.ts": `import type { A } from "@bufbuild/protobuf/wire"; (await import("@bufbuild/protobuf/wire")) as A;`,
      "src/callbacks/b.ts": `import { A } from "@bufbuild/protobuf/wire"; A;`,
      "src/ops/c.ts": `await import("@bufbuild/protobuf/wire");`,
    });
    expect(found).toEqual([
      "src/callbacks/b.ts imports @bufbuild/protobuf/wire, which is no file of src/.",
      "src/ops/c.ts imports @bufbuild/protobuf/wire, which is no file of src/.",
    ]);
  });

  it("reports packages, Node modules, host globals, unknown folders and a second copy of the library", () => {
    const found = check({
      "src/tensor/a.ts": `import { readFileSync } from "node:fs"; import { platform } from "#platform";`,
      "src/datasets/b.ts": `import z from "zod"; export const home = process.env.HOME ?? document.title;`,
      "src/helpers/c.ts": "export const c = typeof window;",
      "src/ops/d.ts": "export const d = 1;",
      "cli/keratin.ts": `import { d } from "../src/ops/d.js"; d;`,
    });
    expect(found).toEqual([
      "src/tensor/a.ts imports node:fs, which is no file of src/.",
      "src/tensor/a.ts is too low to import #platform.",
      "src/datasets/b.ts imports zod, which is no file of src/.",
      "src/datasets/b.ts uses process: that belongs in #platform.",
      "src/datasets/b.ts uses document: that belongs in #platform.",
      `src/helpers/c.ts: the folder "helpers" has no rank.`,
      "src/helpers/c.ts uses window: that belongs in #platform.",
      `cli/keratin.ts imports src/ops/d.ts: the command uses the library as "keratin".`,
    ]);
  });
});

describe("committed files", () => {
  it("the lock file has no download addresses", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const packages = Object.entries<{ resolved?: string; link?: boolean }>(lock.packages);
    expect(packages.length).toBeGreaterThan(10);
    // A workspace is a link to a folder of this repository, which the lock file names.
    const addresses = packages.filter(([, entry]) => entry.resolved !== undefined && entry.link !== true);
    expect(addresses.map(([path]) => path)).toEqual([]);
  });

  it("no file names a package registry", () => {
    // In pieces, so that this file is not one of them.
    const hosts = ["registry.npm", "registry.yarnpkg", "pypi.", "files.pythonhosted"].map((host) =>
      [...host].map((letter) => (letter === "." ? "\\." : letter)).join(""),
    );
    const host = new RegExp(`(${hosts.join("|")})[a-z.]*\\.?(org|js|com)`);
    expect(host.test(["registry", "npmjs", "org"].join("."))).toBe(true);
    expect(host.test(["https://pypi", "org/simple"].join("."))).toBe(true);
    const found = filesUnder("").filter((path) => host.test(readFileSync(join(root, path), "latin1")));
    expect(found).toEqual([]);
  });
});
