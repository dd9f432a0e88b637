/** Runs the programs in docs/: the TypeScript blocks of a page, one after another, are one program. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { fromSource } from "../../scripts/fromSource.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "keratin-guides-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const textOf = (page: string) => readFileSync(join(root, "docs", page), "utf8");

function programOf(page: string): string {
  return [...textOf(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block).join("\n");
}

async function run(page: string): Promise<string> {
  const folder = join(scratch, basename(page, ".md"));
  mkdirSync(folder);
  const file = join(scratch, `${basename(page, ".md")}.mjs`);
  await build({
    absWorkingDir: root,
    stdin: { contents: programOf(page), resolveDir: root, sourcefile: `${page}.ts`, loader: "ts" },
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    external: ["node:*"],
    plugins: [fromSource()],
  });
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return output;
}

/** What a page's program must print: where it claims something. */
const claims: Readonly<Record<string, readonly RegExp[]>> = {
  "custom.md": [/^\[\[1\. 2\. 3\.\]\]$/m, /^true$/m],
  "from-keras.md": [/Model: "sequential"/, /Epoch 5\/5/],
  "from-tensorflowjs.md": [/^9 \d/m, /^19 \d/m],
  "performance.md": [/^(true\n){4}$/],
  "saving.md": [/^sequential$/m, /^power cut$/m, /^true 6$/m],
};

describe("guides", () => {
  for (const page of pages) {
    if (programOf(page)) {
      it.concurrent(`the program of ${page} runs and does what the page says`, async () => {
        const output = await run(page);
        expect(claims[page]).toBeDefined();
        for (const claim of claims[page]) expect(output).toMatch(claim);
      });
    }

    it(`the links of ${page} lead somewhere`, () => {
      for (const [, link] of textOf(page).matchAll(/\]\(([^):]+\.md)\)/g)) expect(pages).toContain(link);
    });
  }
});
