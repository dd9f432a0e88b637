// `npm test`: build, lint, types, package checks, then every test on this Node and on the newest LTS.
//
// Each step runs even when one before it has failed (except that nothing can follow a failed build), so that
// one run tells everything. The last line counts: every test of both runs, and every other step as one check.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), "keratin-test-"));

/**
 * Tests of the package rather than of the code, and long ones: a second runtime has nothing to add. They run one file at a time,
 * since pages wait for what they show.
 */
const ONCE = [
  "tests/structure/",
  "tests/browser/",
  "tests/package/",
  "tests/parity/wholeTraining.test.ts",
  "tests/lab/",
];

/** All others: several files at a time. */
const OFTEN = [
  `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`,
  ...ONCE.flatMap((path) => ["--exclude", path.endsWith("/") ? `${path}**` : path]),
];

/** @type {{ name: string, passed: number, failed: number, skipped: number, seconds: number }[]} */
const results = [];

function main() {
  if (!check("build", "scripts/build.mjs")) return;
  check("lint", tool("@biomejs/biome", "bin/biome"), ["check", "."]);
  check("types", tool("typescript", "bin/tsc"), ["--noEmit", "-p", "tsconfig.json"]);
  check("types: lab", tool("typescript", "bin/tsc"), ["--noEmit", "-p", "lab/tsconfig.json"]);
  check("publint", tool("publint", "src/cli.js"), ["--strict"]);
  check("attw", tool("@arethetypeswrong/cli", "dist/index.js"), ["--pack", ".", "--profile", "esm-only"]);
  tests(`Node ${process.version}`, process.execPath, OFTEN);
  tests("pages, package", process.execPath, ONCE);
  const newest = newestLts();
  if (newest === null) {
    console.log(`\nThere is no newest-LTS package for ${process.platform}-${process.arch}: skipped.`);
    return;
  }
  const { stdout } = spawnSync(newest, ["--version"], { encoding: "utf8" });
  tests(`Node ${stdout.trim()}`, newest, OFTEN);
}

/** The file of a package that npm would link into node_modules/.bin, to be run with a Node of our choice. */
function tool(name, file) {
  return join(root, "node_modules", name, file);
}

/** The binary of tests/lts for this platform, or null where there is none. */
function newestLts() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const { optionalDependencies } = require("../tests/lts/package.json");
  if (!(name in optionalDependencies)) return null;
  const manifest = require.resolve(`${name}/package.json`, { paths: [join(root, "tests", "lts")] });
  return join(dirname(manifest), require(manifest).bin.node);
}

function run(name, node, args) {
  console.log(`\n── ${name} ${"─".repeat(Math.max(0, 76 - name.length))}`);
  const start = performance.now();
  const { status, error } = spawnSync(node, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(error.message);
  return { ok: status === 0, seconds: (performance.now() - start) / 1000 };
}

function check(name, file, args = []) {
  const { ok, seconds } = run(name, process.execPath, [file, ...args]);
  results.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds });
  return ok;
}

function tests(name, node, options) {
  const report = join(scratch, `${results.length}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const vitest = [tool("vitest", "vitest.mjs"), "run", ...reporters, ...options];
  const { ok, seconds } = run(`tests: ${name}`, node, vitest);
  const found = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
  const passed = found.numPassedTests ?? 0;
  // A file that does not load, or an error outside of any test, fails the run without failing a test.
  const failed = Math.max(found.numFailedTests ?? 0, ok && passed > 0 ? 0 : 1);
  const skipped = (found.numPendingTests ?? 0) + (found.numTodoTests ?? 0);
  results.push({ name: `tests: ${name}`, passed, failed, skipped, seconds });
}

function total(key) {
  return results.reduce((sum, result) => sum + result[key], 0);
}

try {
  main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log(
  `\n${"step".padEnd(24)}${["passed", "failed", "skipped", "seconds"].map((s) => s.padStart(9)).join("")}`,
);
for (const { name, passed, failed, skipped, seconds } of results) {
  const cells = [passed, failed, skipped, seconds.toFixed(1)].map((cell) => String(cell).padStart(9));
  console.log(name.padEnd(24) + cells.join(""));
}
const line = `${total("passed")} passed, ${total("failed")} failed`;
console.log(`\n${line}`);
if (process.env.KERATIN_TEST_COUNT) writeFileSync(process.env.KERATIN_TEST_COUNT, `${line}\n`);
process.exitCode = total("failed") > 0 ? 1 : 0;
