// `node bench/memory.mjs` (`npm run build` first): how much memory `fit`, `evaluate` and `predict` need on 60,000 × 784 float32
// beyond the data themselves, and how much slower steps are if the data come in blocks. Each figure comes from a process of its own.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROWS = 60_000;
const PIXELS = 784;
const MEGABYTE = 2 ** 20;
const DATA = (ROWS * PIXELS * 4) / MEGABYTE;
/** At most one copy of the data and this much. */
const ALLOWED = 100;
const MOST_FACTOR = 1.15;
const EPOCHS = 4;
/** `fit` lists the others once. */
const MOSTLY_ZEROS = "fit, four fifths are 0";
const MODELS = ["multinom", "ffnn", "dffnn", "cnn"];

/** In a child: does one thing with data that it made, and prints what it took. */
async function child(what, name) {
  const { Input, layers, Sequential, Tensor, utils } = await import("keratin");
  const { EpochTimes } = await import("./epochTimes.mjs");
  utils.setRandomSeed(45);
  const values = new Float32Array(ROWS * PIXELS);
  const zeros = what === MOSTLY_ZEROS;
  for (let i = 0; i < values.length; i++) values[i] = zeros && i % 5 !== 0 ? 0 : ((i * 7919) % 1009) / 1009;
  const x = new Tensor(values, { shape: [ROWS, PIXELS], dtype: "float32" });
  const labels = Int32Array.from({ length: ROWS }, (_, i) => (i * 7) % 10);
  const y = new Tensor(labels, { shape: [ROWS], dtype: "int32" });
  const dense = (units) => new layers.Dense(units, { activation: "relu" });
  const hidden = {
    multinom: () => [],
    ffnn: () => [dense(64)],
    dffnn: () => [dense(128), dense(64)],
    cnn: () => [
      new layers.Reshape([28, 28, 1]),
      new layers.Conv2D(6, [5, 5]),
      new layers.MaxPooling2D({ poolSize: [4, 4] }),
      new layers.Flatten(),
      dense(32),
    ],
  };
  const last = new layers.Dense(10, { activation: "softmax" });
  const model = new Sequential([Input([PIXELS]), ...hidden[name](), last]);
  model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
  const options = { batchSize: 32, verbose: 0 };
  const before = process.memoryUsage.rss();
  const times = new EpochTimes();
  const epochs = { ...options, epochs: EPOCHS, callbacks: [times] };
  if (what === "fit" || zeros) await model.fit(x, y, epochs);
  if (what === "fit, a fifth for validation") await model.fit(x, y, { ...epochs, validationSplit: 0.2 });
  if (what === "evaluate") await model.evaluate(x, y, options);
  if (what === "predict") await model.predict(x, options);
  const [, ...later] = times.durations;
  const microseconds = later.length > 0 ? (Math.min(...later) / Math.ceil(ROWS / 32)) * 1e6 : null;
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ megabytes: (peak - before) / MEGABYTE, microseconds }));
}

function measure(what, name, environment = {}) {
  const script = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, [script, what, name], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return JSON.parse(output);
}

function main() {
  let failed = false;
  console.log(`Data: ${DATA.toFixed(0)} MB. Allowed beyond them: ${(DATA + ALLOWED).toFixed(0)} MB.\n`);
  const keeping = (part) => ({ KERATIN_RESIDENT_MB: String(part * DATA) });
  const inBlocks = keeping(0);
  for (const [what, environment] of [
    ["fit", {}],
    [MOSTLY_ZEROS, {}],
    ["fit, a fifth for validation", {}],
    ["fit", inBlocks],
    ["evaluate", {}],
    ["predict", {}],
  ]) {
    const { megabytes } = measure(what, "dffnn", environment);
    const good = megabytes <= DATA + ALLOWED;
    failed ||= !good;
    const title = environment === inBlocks ? `${what}, in blocks` : what;
    console.log(
      `${title.padEnd(30)} ${megabytes.toFixed(0).padStart(5)} MB at most${good ? "" : ": too much"}`,
    );
  }
  // of 2 GB of data three quarters stay in the backend's memory, of 3 GB half, of endless data nothing
  const parts = [0.75, 0.5, 0];
  console.log("\nµs per step, the fastest of several epochs, if this part of the data stays in memory");
  const columns = ["all", ...parts.map((part) => `${100 * part} %`)];
  console.log(`${"".padEnd(10)}${columns.map((title) => title.padEnd(20)).join("")}`);
  for (const name of MODELS) {
    const environments = [{}, ...parts.map(keeping)];
    const fastest = environments.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < 3; round++)
      for (const [i, environment] of environments.entries())
        fastest[i] = Math.min(fastest[i], measure("fit", name, environment).microseconds);
    const [whole, ...others] = fastest;
    const texts = others.map((time) => {
      failed ||= time > whole * MOST_FACTOR;
      return `${time.toFixed(1)} (${(100 * (time / whole - 1)).toFixed(0)} % slower)`;
    });
    console.log(`${name.padEnd(10)}${[whole.toFixed(1), ...texts].map((text) => text.padEnd(20)).join("")}`);
  }
  process.exitCode = failed ? 1 : 0;
}

const [what, name] = process.argv.slice(2);
if (what) await child(what, name);
else main();
