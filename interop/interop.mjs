// `npm run interop`: models in files go from Python Keras to Keratin and back. For every layer, optimizer, schedule, loss and
// metric, and for models of many shapes: predictions and the next five training steps agree within 1e-5, in both directions.
// `npm run interop -- PART` tries only those with PART in their names. Makes a Python environment in interop/.venv; KERATIN_PYTHON names a Python that has the packages of requirements.txt already.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  constraints,
  layers,
  losses,
  metrics,
  models,
  optimizers,
  regularizers,
  Tensor,
  tensor,
} from "keratin";
import { born } from "./born.mjs";
import { Subclassed } from "./subclassed.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const TOLERANCE = 1e-5;

// ---- Python

/** Ends the program with an explanation. */
function giveUp(what, fix) {
  console.error(`interop: ${what}\n${fix}`);
  process.exit(2);
}

const env = { ...process.env, KERAS_BACKEND: "jax" };

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", env });
  return !error && status === 0;
}

const OWN_PYTHON =
  "Or set KERATIN_PYTHON to a Python that has the packages of interop/requirements.txt already.";

function python() {
  const given = process.env.KERATIN_PYTHON;
  if (given) {
    if (run(given, ["-c", "import keras, jax, numpy, h5py"])) return given;
    giveUp(
      `${given} (KERATIN_PYTHON) cannot be started, or lacks a package of interop/requirements.txt.`,
      `Install them: ${given} -m pip install -r interop/requirements.txt`,
    );
  }
  const folder = join(here, ".venv");
  const binary = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const ready = join(folder, "ready");
  const wanted = readFileSync(join(here, "requirements.txt"), "utf8");
  if (existsSync(ready) && readFileSync(ready, "utf8") === wanted) return binary;
  const python3 = process.platform === "win32" ? "python" : "python3";
  if (!run(python3, ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])) {
    giveUp(
      `\`${python3}\` cannot be started, or is older than Python 3.11, which Keras 3.15 needs.`,
      `Install Python 3.11 or later. ${OWN_PYTHON}`,
    );
  }
  console.log(`Python Keras is installed in ${folder}: once, about 700 MB.`);
  if (!run(python3, ["-m", "venv", "--clear", folder])) {
    giveUp(
      `\`${python3} -m venv\` could not make an environment in ${folder} (see above).`,
      `On Debian and Ubuntu it is in the package python3-venv. ${OWN_PYTHON}`,
    );
  }
  if (!run(binary, ["-m", "pip", "install", "--quiet", "-r", join(here, "requirements.txt")])) {
    giveUp(
      "pip could not install the packages of interop/requirements.txt (see above).",
      `Is the network there, and the package index that pip is configured for? ${OWN_PYTHON}`,
    );
  }
  writeFileSync(ready, wanted);
  return binary;
}

// ---- arrays in JSON, and how much they differ

const kinds = { float32: "float32", int32: "int32" };

/** The arrays that Python has written, as tensors in their structure. */
function tensors(value) {
  if (Array.isArray(value)) return value.map(tensors);
  if (value.data && value.shape) return tensor(value.data, value.shape, kinds[value.dtype]);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, tensors(part)]));
}

/** The results in Keras's order: dictionaries by their keys. */
function flat(value) {
  if (value instanceof Tensor) return [[...value.data]];
  if (Array.isArray(value)) return value.flatMap(flat);
  return Object.keys(value)
    .sort()
    .flatMap((key) => flat(value[key]));
}

const numbers = (value) => (Array.isArray(value) ? value : [value]);

/** The largest difference, relative to numbers above 1, and where it is. */
function largest(found, expected, what) {
  if (expected.length > 0 && typeof expected[0] === "object")
    return worse(expected.map((e, i) => largest(found[i] ?? [], e, what)));
  if (!Array.isArray(expected)) {
    const keys = Object.keys(expected).sort();
    if (Object.keys(found).sort().join() !== keys.join())
      return [Number.POSITIVE_INFINITY, `${what} (${Object.keys(found)} instead of ${keys})`];
    return worse(keys.map((key) => largest(numbers(found[key]), expected[key], `${what} ${key}`)));
  }
  if (found.length !== expected.length) return [Number.POSITIVE_INFINITY, what];
  const each = expected.map((e, i) => Math.abs(found[i] - e) / Math.max(1, Math.abs(e)));
  return [each.reduce((most, d) => (d <= most ? most : d), 0), what];
}

const worse = (all) => all.reduce((worst, one) => (one[0] <= worst[0] ? worst : one), [0, ""]);

async function fiveSteps(model, x, y) {
  const logs = [];
  for (let step = 0; step < 5; step++) logs.push(await model.trainOnBatch(x, y, { returnDict: true }));
  return logs;
}

// ---- Keras → Keratin → Keras

async function continued(model, { x, y, predictions, next }, save) {
  const [input, labels] = [tensors(x), tensors(y)];
  const [difference, where] = worse([
    largest(flat(await model.predictOnBatch(input)), predictions, "predictions"),
    largest(await fiveSteps(model, input, labels), next, "the next 5 steps'"),
  ]);
  await save();
  if (!(difference < TOLERANCE)) throw new Error(`${where} differ by ${difference.toExponential(1)}`);
}

/** The classes in a configuration, at any depth. */
function* classesIn(value) {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.class_name === "string") yield value.class_name;
  for (const part of Object.values(value)) yield* classesIn(part);
}

/** Metrics that a model is not compiled with. */
const WITHOUT_LABELS = ["Mean", "Sum", "MeanMetricWrapper"];

/** The classes of a namespace that nothing has tried. */
function untried(namespace, base, tried) {
  return Object.values(namespace)
    .filter((cls) => typeof cls === "function" && cls.prototype instanceof base && cls.className)
    .filter(
      (cls) =>
        Object.hasOwn(cls, "fromConfig") || cls.fromConfig !== base.fromConfig || base === layers.Layer,
    )
    .map((cls) => cls.exportedAs ?? cls.className)
    .filter((name) => !tried.has(name));
}

/** Models that are made here, trained for five steps and saved, with what they predict and train on to. */
async function bornModels(folder) {
  const record = {};
  for (const [name, [model, { optimizer }]] of Object.entries(born)) {
    const like = ({ shape }) => {
      const sizes = [4, ...shape.slice(1)];
      const data = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) =>
        Math.fround(Math.sin((i + 1) * 12.9898)),
      );
      return { shape: sizes, dtype: "float32", data };
    };
    const mapped = (value) =>
      Array.isArray(value)
        ? value.map(mapped)
        : value.shape
          ? like(value)
          : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapped(part)]));
    const [x, y] = [mapped(model.input), mapped(model.output)];
    model.compile({ optimizer, loss: "mse" });
    await fiveSteps(model, tensors(x), tensors(y));
    await model.save(join(folder, `${name}.back.keras`));
    const later = flat(await model.predictOnBatch(tensors(x)));
    const further = (await fiveSteps(model, tensors(x), tensors(y))).map((logs) =>
      Object.fromEntries(Object.entries(logs).map(([key, value]) => [key, numbers(value)])),
    );
    record[name] = { x, y, later, further };
  }
  writeFileSync(join(folder, "born.json"), JSON.stringify(record));
}

const part = process.argv[2] ?? "";
const interpreter = python();
const folder = mkdtempSync(join(tmpdir(), "keratin-interop-"));
const keras = join(here, "keras_side.py");
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
if (!run(interpreter, [keras, "make", folder, part])) {
  giveUp(
    "Python Keras could not make the models (see above).",
    `Delete ${join(here, ".venv")} if it is incomplete, and start again. ${OWN_PYTHON}`,
  );
}

const failed = [];
const tried = new Set();
const index = Object.entries(read("index.json"));
for (const [name, record] of index) {
  try {
    const model = await models.loadModel(join(folder, `${name}.keras`));
    for (const found of classesIn([model.getConfig(), model.getCompileConfig()])) tried.add(found);
    await continued(model, record, () => model.save(join(folder, `${name}.back.keras`)));
  } catch (error) {
    failed.push(`${name}: ${error.message.slice(0, 400)}`);
  }
}
try {
  const record = read("subclassed.json");
  const model = new Subclassed();
  model.apply(tensors(record.x));
  await model.loadWeights(join(folder, "subclassed.weights.h5"));
  model.compile({ optimizer: new optimizers.SGD({ learningRate: 0.01 }), loss: "mse" });
  await continued(model, record, () => model.saveWeights(join(folder, "subclassed.back.weights.h5")));
} catch (error) {
  failed.push(`subclassed.weights.h5: ${error.message.slice(0, 400)}`);
}
await bornModels(folder);

console.log(
  `Keras → Keratin: ${index.length + 1 - failed.length} of ${index.length + 1} agree within 1e-05.`,
);
for (const line of failed) console.log(`  ${line}`);
const back = run(interpreter, [keras, "check", folder]);
const missing = part
  ? []
  : [
      ...untried(layers, layers.Layer, tried).filter((name) => name !== "Layer"),
      ...untried(optimizers, optimizers.Optimizer, tried),
      ...untried(optimizers.schedules, optimizers.schedules.LearningRateSchedule, tried),
      ...untried(losses, losses.Loss, tried),
      ...untried(metrics, metrics.Metric, tried).filter((name) => !WITHOUT_LABELS.includes(name)),
      ...untried(regularizers, regularizers.Regularizer, tried),
      ...untried(constraints, constraints.Constraint, tried),
    ];
console.log(
  `${tried.size} classes went both ways${missing.length > 0 ? `; never tried: ${missing.join(", ")}` : ""}.`,
);
const fine = back && failed.length === 0 && missing.length === 0;
if (fine) rmSync(folder, { recursive: true, force: true });
else console.log(`The files are in ${folder}.`);
process.exitCode = fine ? 0 : 1;
