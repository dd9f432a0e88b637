// `node bench/engines.mjs [--models cnn] [--passes 3]` (`npm run build` first): the same measurement on the Node that runs this and
// on the newest LTS (npm workspace tests/lts), in turns. Each figure is the fastest of all passes.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MODELS } from "./peers/common.mjs";

/** How far engines may be apart. */
const MOST_FACTOR = 1.2;
const MEASURES = {
  trainMicrosecondsPerStep: "training step, µs",
  predictMicrosecondsPerStep: "predict step, µs",
  secondsToFirstStep: "first step, s",
};

function newestNode() {
  const system = process.platform === "win32" ? "win" : process.platform;
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve(`node-${system}-${process.arch}/package.json`));
  const path = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(path)) throw new Error(`There is no Node at ${path}: run \`npm install\`.`);
  return path;
}

const { values } = parseArgs({
  options: {
    models: { type: "string", default: MODELS.join(",") },
    passes: { type: "string", default: "3" },
  },
});
const script = fileURLToPath(new URL("keratin.mjs", import.meta.url));
const engines = [process.execPath, newestNode()];
const results = new Map();
const versions = [];
for (let pass = 0; pass < Number(values.passes); pass++) {
  for (const model of values.models.split(",")) {
    for (const [engine, path] of engines.entries()) {
      const line = JSON.parse(execFileSync(path, [script, "--models", model], { encoding: "utf8" }));
      versions[engine] = line.versions.node;
      for (const key of Object.keys(MEASURES)) {
        const own = results.get(`${model} ${key}`) ?? [];
        own[engine] = Math.min(own[engine] ?? Number.POSITIVE_INFINITY, line[key]);
        results.set(`${model} ${key}`, own);
      }
    }
  }
}
let failed = false;
for (const [key, title] of Object.entries(MEASURES)) {
  console.log(`\n${title.padEnd(20)} ${versions.map((version) => `Node ${version}`.padStart(14)).join("")}`);
  for (const model of values.models.split(",")) {
    const own = results.get(`${model} ${key}`);
    const factor = own[1] / own[0];
    const far = key === "trainMicrosecondsPerStep" && Math.max(factor, 1 / factor) > MOST_FACTOR;
    failed ||= far;
    const digits = key === "secondsToFirstStep" ? 3 : 1;
    console.log(
      `${model.padEnd(20)} ${own.map((value) => value.toFixed(digits).padStart(14)).join("")}   ${factor.toFixed(2)}×${far ? ": too far apart" : ""}`,
    );
  }
}
process.exitCode = failed ? 1 : 0;
