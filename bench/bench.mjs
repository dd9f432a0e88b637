// `npm run bench`: Keratin and every peer that is set up, on the practical's models, in turns on the same machine.
//
//   npm run bench -- [--models cnn,cnn_2] [--peers keras-jax] [--passes 3]
//
// Each pass runs every peer once per model, in its own process; a peer reports its fastest round. The table has
// the median over the passes. Results go to bench/RESULTS.md when all models were measured.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MODELS } from "./peers/common.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const peersFolder = join(folder, "peers");

/** The Python of `npm run bench:peers`, else the system's. */
const environment = join(peersFolder, ".venv", process.platform === "win32" ? "Scripts" : "bin", "python");
const PYTHON = existsSync(environment) ? environment : "python3";

/** `title` is the heading in the table; `steps` are those of a round. Slow peers get fewer. */
const PEERS = {
  keratin: { title: "Keratin", command: process.execPath, script: join(folder, "keratin.mjs"), steps: 300 },
  "keratin-dense": {
    title: "Keratin, no zeros",
    command: process.execPath,
    script: join(folder, "keratin.mjs"),
    steps: 300,
    options: ["--zeros", "no"],
  },
  "keras-jax": {
    title: "Keras on JAX",
    command: PYTHON,
    script: join(peersFolder, "keras_jax.py"),
    steps: 300,
  },
  "raw-jax": { title: "raw JAX", command: PYTHON, script: join(peersFolder, "raw_jax.py"), steps: 300 },
  pytorch: { title: "PyTorch", command: PYTHON, script: join(peersFolder, "pytorch.py"), steps: 300 },
  jaxjs: { title: "jax-js", command: process.execPath, script: join(peersFolder, "jaxjs.mjs"), steps: 30 },
  tfjs: {
    title: "TensorFlow.js",
    command: process.execPath,
    script: join(peersFolder, "tfjs.mjs"),
    steps: 30,
  },
};

/** Models beyond the practical, each with its own batch size. */
const GENERAL = [
  "batch_norm",
  "wide_dense",
  "keras_example",
  "deep_conv",
  "separable",
  "lstm",
  "transformer",
];

/** Who runs these, and how. */
const GENERAL_PEERS = {
  keratin: { command: process.execPath, script: join(folder, "general.mjs"), options: [] },
  "keratin-dense": {
    command: process.execPath,
    script: join(folder, "general.mjs"),
    options: ["--zeros", "no"],
  },
  "keras-jax": {
    command: PYTHON,
    script: join(peersFolder, "general.py"),
    options: ["--framework", "keras-jax"],
  },
  pytorch: { command: PYTHON, script: join(peersFolder, "general.py"), options: ["--framework", "pytorch"] },
};

const MEASURES = [
  {
    key: "trainMicrosecondsPerStep",
    title: "Training step, µs",
    digits: 0,
    limit: "limitMicrosecondsPerStep",
  },
  { key: "predictMicrosecondsPerStep", title: "Predict step, µs", digits: 0 },
  { key: "secondsToFirstStep", title: "First step after `compile`, seconds", digits: 3 },
];

function readArguments() {
  const { values } = parseArgs({
    options: {
      models: { type: "string", default: [...MODELS, ...GENERAL].join(",") },
      peers: { type: "string", default: Object.keys(PEERS).join(",") },
      passes: { type: "string", default: "3" },
      rounds: { type: "string", default: "8" },
    },
  });
  const chosen = (option, known) => {
    const names = values[option].split(",");
    for (const name of names) {
      if (!known.includes(name))
        throw new Error(`--${option}: unknown "${name}", expected ${known.join(", ")}.`);
    }
    return names;
  };
  const passes = Number(values.passes);
  if (!Number.isInteger(passes) || passes < 1)
    throw new Error(`--passes must be 1 or more, got ${values.passes}.`);
  return {
    models: chosen("models", [...MODELS, ...GENERAL]),
    peers: chosen("peers", Object.keys(PEERS)),
    passes,
    rounds: values.rounds,
  };
}

/** The line of one peer and model, or why there is none. */
function runPeer(name, model, rounds) {
  const general = GENERAL.includes(model);
  const { steps } = PEERS[name];
  const { command, script, options: own = [] } = general ? GENERAL_PEERS[name] : PEERS[name];
  const fewer = general || steps < 100 ? "3" : rounds;
  const options = [...own, "--models", model, "--steps", String(steps), "--rounds", fewer];
  const { stdout, stderr, status, error } = spawnSync(command, [script, ...options], {
    encoding: "utf8",
    cwd: peersFolder,
    timeout: 600_000,
  });
  const line = stdout?.trim().split("\n").at(-1);
  if (status === 0 && line) return JSON.parse(line);
  const reason = error?.message ?? stderr.trim().split("\n").at(-1) ?? `code ${status}`;
  return { missing: reason };
}

function median(values) {
  const sorted = values.filter((value) => value !== null && value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function table(measure, models, results) {
  const header = ["", ...models];
  const own = (model) => median(results.keratin?.[model]?.map((line) => line[measure.key]) ?? []);
  const rows = Object.entries(results).map(([name, lines]) => [
    PEERS[name].title,
    ...models.map((model) => {
      const value = median((lines[model] ?? []).map((line) => line[measure.key]));
      if (value === undefined) return "–";
      const text = value.toLocaleString("en", {
        minimumFractionDigits: measure.digits,
        maximumFractionDigits: measure.digits,
      });
      const mine = own(model);
      return name === "keratin" || mine === undefined ? text : `${text} (${(value / mine).toFixed(1)}×)`;
    }),
  ]);
  if (measure.limit) {
    const limits = models.map((model) =>
      median((results.keratin?.[model] ?? []).map((line) => line[measure.limit])),
    );
    if (limits.some((limit) => limit !== undefined))
      rows.push([
        "limit",
        ...limits.map((limit) =>
          limit === undefined ? "–" : limit.toLocaleString("en", { maximumFractionDigits: 0 }),
        ),
      ]);
  }
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    `### ${measure.title}`,
    "",
    line(header),
    line(header.map(() => "---")),
    ...rows.map(line),
    "",
  ].join("\n");
}

/** The kernels that take most of Keratin's time, model by model. */
function whereTimeGoes(models, results) {
  const lines = models.flatMap((model) => {
    const spent = results.keratin?.[model]?.at(-1)?.spent;
    if (!spent) return [];
    return `- ${model}: ${spent.map(([name, share]) => `${name} ${Math.round(100 * share)} %`).join(", ")}`;
  });
  if (lines.length === 0) return [];
  return [
    "### Where Keratin's time goes",
    "",
    "By `model.explain()`: each kernel's part of the time of all kernels, on one thread. The limit above is a step's",
    "arithmetic, products by 0 included, at the rate that both cores reach with 128-bit vectors that never leave their registers.",
    "",
    ...lines,
    "",
  ];
}

function main() {
  let options;
  try {
    options = readArguments();
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
  const { models, passes, rounds } = options;
  const results = {};
  const versions = {};
  const missing = {};
  for (let pass = 1; pass <= passes; pass++) {
    for (const model of models) {
      for (const peer of options.peers) {
        if (peer in missing || (GENERAL.includes(model) && !(peer in GENERAL_PEERS))) continue;
        process.stderr.write(`\r\x1b[Kpass ${pass} of ${passes}: ${model}, ${PEERS[peer].title}`);
        const line = runPeer(peer, model, rounds);
        if (line.missing !== undefined) {
          missing[peer] = line.missing;
          continue;
        }
        results[peer] ??= {};
        results[peer][model] ??= [];
        results[peer][model].push(line);
        versions[peer] = line.versions;
      }
    }
  }
  process.stderr.write("\r\x1b[K");
  const cores = cpus();
  const of = (list) => list.filter((model) => models.includes(model));
  const text = [
    `${new Date().toISOString().slice(0, 10)} · ${cores[0].model.trim()}, ${cores.length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB · Adam, float32; the practical's models with batch size 32`,
    "",
    `Median of ${passes} passes in which all took turns; each figure is the fastest of its rounds (300 steps a`,
    "round, 30 for the slow ones). In brackets: how many times Keratin's time. Pictures are MNIST's digits, of which 81 % of",
    "the pixels are 0; Keratin leaves out products by 0. “Keratin, no zeros” is the same on random numbers, where nothing can be",
    "left out but behind relu and dropout. The peers take the same time on any numbers.",
    "",
    ...MEASURES.map((measure) => table(measure, of(MODELS), results)),
    "### Other models: training step, µs",
    "",
    table(MEASURES[0], of(GENERAL), results).split("\n").slice(2).join("\n"),
    ...whereTimeGoes(models, results),
    "Versions: " +
      Object.entries(versions)
        .map(
          ([name, of]) =>
            `${PEERS[name].title} (${Object.entries(of)
              .map((pair) => pair.join(" "))
              .join(", ")})`,
        )
        .join(" · "),
    ...Object.entries(missing).map(([name, reason]) => `\nNot measured: ${PEERS[name].title} – ${reason}`),
    "",
  ].join("\n");
  console.log(text);
  return models.length === MODELS.length + GENERAL.length ? text : undefined;
}

const text = main();
if (text !== undefined) {
  const heading =
    "# Benchmark results\n\nMade by `npm run bench`; `npm run bench:peers` sets up the peers.\n\n";
  await writeFile(join(folder, "RESULTS.md"), heading + text);
}
