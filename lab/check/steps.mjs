// A training step in Chromium against one in Node: the practical's own cells, in the lab with everything that it shows and in
// this process, in turns, so that whatever else the machine does hinders both.
import { readFileSync } from "node:fs";
import * as keratin from "../../dist/src/index.js";

const MODELS = ["multinom", "ffnn", "dffnn", "cnn", "cnn_2"];
/** The first is not timed. */
const EPOCHS = 3;
/** How often either side has its turn. */
const ROUNDS = 4;
const STEPS = 60_000 / 32;
/** Milliseconds over which steps are timed. */
const WINDOW = 50;
const NAMES = "callbacks, datasets, Input, layers, Sequential, utils";

const script = readFileSync(new URL("../src/practical/cells.ts", import.meta.url), "utf8");
const cells = new Map(
  script
    .split(/^\/\/ %% /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf("\n")).trim(), part.slice(part.indexOf("\n"))]),
);

/** The text of a program that trains a model and leaves when it had got how far: `[milliseconds, steps]`. */
const program = (model) => `const seed = 45;
${cells.get("data")}
const x = train.x.div(255);
const images = x.reshape([60000, 28, 28, 1]);
${cells.get(model).replace(/^(.*\.summary\(\)|const (images|testImages) = .*);$/gm, "")}
const times = [];
class Times extends callbacks.Callback {
  stepsUntilCall() { return Number.POSITIVE_INFINITY; }
  onEpochBegin(epoch) { this.before = epoch * ${STEPS}; }
  onTrainBatchEnd(batch) { times.push([performance.now(), this.before + batch + 1]); }
}
await ${model}.fit(${model.startsWith("cnn") ? "images" : "x"}, train.y, {
  epochs: ${EPOCHS}, batchSize: 32, callbacks: [new Times()]`;

const AsyncFunction = (async () => {}).constructor;

/** The least microseconds per step over a while: what else the machine does only ever adds to them. */
function fastest(times) {
  let least = Number.POSITIVE_INFINITY;
  let from = times.findIndex(([, step]) => step > STEPS);
  for (const [time, step] of times.slice(from)) {
    while (time - times[from + 1][0] >= WINDOW) from++;
    const [start, first] = times[from];
    if (time - start >= WINDOW) least = Math.min(least, ((time - start) * 1000) / (step - first));
  }
  return least;
}

async function inNode(model) {
  const run = new AsyncFunction(`{ ${NAMES} }`, `${program(model)}, verbose: 0 });\nreturn times;`);
  return fastest(await run(keratin));
}

async function inLab(page, model) {
  await page.locator("#cell-libraries .cm-content").click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(
    `import { ${NAMES} } from "keratin";\n${program(model)} });\nJSON.stringify(times)`,
  );
  await page.locator("#cell-libraries button.run").click();
  const value = page.locator("#cell-libraries .level-value");
  await page.locator("#cell-libraries .level-value, #cell-libraries .output-error").waitFor();
  return fastest(JSON.parse(await value.textContent()));
}

/**
 * @param page a lab that is ready
 * @param {number} threads what the lab computes on
 * @returns each model's microseconds per step, as soon as they are known
 */
export async function* compareSteps(page, threads) {
  keratin.setThreads(threads);
  for (const model of MODELS) {
    const times = { chromium: [], node: [] };
    for (let round = 0; round < ROUNDS; round++) {
      times.chromium.push(await inLab(page, model));
      times.node.push(await inNode(model));
    }
    yield { model, chromium: Math.min(...times.chromium), node: Math.min(...times.node) };
  }
}
