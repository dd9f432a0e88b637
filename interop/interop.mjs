// `npm run interop`: every layer and every optimizer in .keras files, from Python Keras to Keratin and back, with predictions and
// the next 5 training steps compared within 1e-5. Makes a Python environment in interop/.venv; KERATIN_PYTHON names another Python that
// has the packages of requirements.txt.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { models, tensor } from "keratin";

const here = fileURLToPath(new URL(".", import.meta.url));
const TOLERANCE = 1e-5;

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error) throw error;
  return status === 0;
}

function python() {
  if (process.env.KERATIN_PYTHON) return process.env.KERATIN_PYTHON;
  const folder = join(here, ".venv");
  const binary = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(binary) && !run("python3", ["-m", "venv", folder]))
    throw new Error("No Python environment could be made.");
  if (!run(binary, ["-m", "pip", "install", "--quiet", "-r", join(here, "requirements.txt")]))
    throw new Error("The packages of interop/requirements.txt could not be installed.");
  return binary;
}

const difference = (a, b) => b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i])), 0);

const interpreter = python();
const folder = mkdtempSync(join(tmpdir(), "keratin-interop-"));
const keras = join(here, "keras_side.py");
if (!run(interpreter, [keras, "make", folder])) process.exit(1);
const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
const failed = [];
for (const [name, { shape, x, y, predictions, losses }] of Object.entries(index)) {
  try {
    const model = await models.loadModel(join(folder, `${name}.keras`));
    await model.save(join(folder, `${name}.back.keras`));
    const input = tensor(x, shape);
    const labels = tensor(y, [4, 2]);
    const p = difference((await model.predictOnBatch(input)).data, predictions);
    const next = [];
    for (let step = 0; step < losses.length; step++) next.push(await model.trainOnBatch(input, labels));
    const s = difference(next, losses);
    if (!(p < TOLERANCE && s < TOLERANCE))
      failed.push(
        `${name}: predictions differ by ${p.toExponential(1)}, the next 5 losses by ${s.toExponential(1)}`,
      );
  } catch (error) {
    failed.push(`${name}: ${error.message.slice(0, 200)}`);
  }
}
const count = Object.keys(index).length;
console.log(`Keras → Keratin: ${count - failed.length} of ${count} agree within ${TOLERANCE}`);
for (const line of failed) console.log(line);
const back = run(interpreter, [keras, "check", folder]);
process.exitCode = back && failed.length === 0 ? 0 : 1;
