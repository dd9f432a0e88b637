/**
 * Trains a small model and prints what came of it as JSON; goes on from the backup in `BACKUP`.
 *
 * `KILL_AT=n` kills the process within its n-th file operation: a file half written, written and not flushed, not renamed, ….
 */
import { createHash } from "node:crypto";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { callbacks, Input, layers, optimizers, Sequential, tensor, utils } from "keratin";

const { BACKUP = "", SAVE_FREQ = "epoch", KILL_AT = "0", STEP_MS = "0", DOUBLE = "" } = process.env;

let operations = 0;
/** Counts a file operation, and ends the process in it when its turn has come. */
async function operation(before?: () => Promise<unknown>): Promise<void> {
  operations++;
  if (operations !== Number(KILL_AT)) return;
  await before?.();
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}

const { open, rename } = fs;
fs.open = async (...args) => {
  await operation();
  const file: FileHandle = await open(...args);
  const writeFile = file.writeFile.bind(file);
  const sync = file.sync.bind(file);
  file.writeFile = async (data) => {
    const bytes = data as Uint8Array;
    await operation(() => writeFile(bytes.subarray(0, bytes.length >> 1)));
    await writeFile(bytes);
  };
  file.sync = async () => {
    await operation();
    await sync();
  };
  return file;
};
fs.rename = async (from, to) => {
  await operation();
  await rename(from, to);
  await operation();
};
syncBuiltinESMExports();

utils.setRandomSeed(45);
const model = new Sequential([
  Input([6]),
  new layers.Dense(16, { activation: "relu" }),
  new layers.BatchNormalization(),
  new layers.Dropout(0.3),
  new layers.Dense(3, { activation: "softmax" }),
]);
model.compile({
  optimizer: new optimizers.Adam({ learningRate: 0.02, useEma: true, emaMomentum: 0.9 }),
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
});
const samples = 90;
const x = tensor(
  Float32Array.from({ length: samples * 6 }, (_, i) => Math.sin(i * i)),
  [samples, 6],
);
const y = tensor(
  Int32Array.from({ length: samples }, (_, i) => (i * 7) % 3),
  [samples],
  "int32",
);

let steps = 0;
/** Counts steps, and lets time pass after each, so that a signal can come there. */
class Slow extends callbacks.Callback {
  override async onTrainBatchEnd(): Promise<void> {
    steps++;
    if (Number(STEP_MS)) await new Promise((resolve) => setTimeout(resolve, Number(STEP_MS)));
  }
}

process.stderr.write("training\n");
const { history } = await model.fit(x, y, {
  epochs: 6,
  batchSize: 8,
  validationSplit: 0.2,
  verbose: 0,
  callbacks: [
    new callbacks.BackupAndRestore(BACKUP, {
      saveFreq: SAVE_FREQ === "epoch" ? "epoch" : Number(SAVE_FREQ),
      doubleCheckpoint: DOUBLE === "1",
    }),
    new callbacks.ReduceLROnPlateau({ monitor: "val_loss", patience: 1, factor: 0.5 }),
    new callbacks.LearningRateScheduler((_, rate) => rate * 0.97),
    new callbacks.EarlyStopping({ monitor: "val_loss", patience: 4, restoreBestWeights: true }),
    new Slow(),
  ],
});
const hash = createHash("sha256");
for (const { data } of model.getWeights())
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
process.stdout.write(JSON.stringify({ weightsSha256: hash.digest("hex"), history, steps }));
