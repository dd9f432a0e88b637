import { access, appendFile, mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { writeFileAtomic } from "./atomicFile.js";
import type { Platform } from "./types.js";

let optimized = false;

/** Node 20 and later. */
export const platform: Platform = {
  name: "node",
  environment: (name) => process.env[name],
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  columns: () => process.stdout.columns,
  isTerminal: () => Boolean(process.stdout.isTTY),
  isWindows: () => process.platform === "win32",
  now: () => (performance.timeOrigin + performance.now()) / 1000,
  yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
  preferOptimizedWasm() {
    if (optimized) return;
    optimized = true;
    // the baseline compiler's code is 3.5 times slower, and a long call never leaves it
    setFlagsFromString("--no-liftoff");
  },
  cores: () => availableParallelism(),
  canShareMemory: () => true,
  canSleep: () => true,
  startWorker(script, events) {
    // node's workers have no `self`, and their messages come without an event around them
    const prologue = `const { parentPort } = require("node:worker_threads");
const receive = (handler) => parentPort.on("message", handler);\n`;
    const worker = new Worker(prologue + script, { eval: true, name: "keratin" });
    worker.unref();
    worker.on("error", (error) => events.onEnd(String(error)));
    worker.on("exit", (code) => events.onEnd(`the thread ended with code ${code}`));
    return {
      post: (message) => worker.postMessage(message),
      terminate: () => void worker.terminate(),
    };
  },
  homeFolder: () => homedir(),
  joinPath: (...parts) => join(...parts),
  fileExists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  pathFromUrl: (address) => fileURLToPath(address),
  readFile: async (path) => {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  },
  listFolder: (path) => readdir(path),
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  writeFileAtomic,
  appendFile: (path, bytes) => appendFile(path, bytes),
  removeFile: (path) => rm(path, { force: true }),
  removeEmptyFolder: (path) =>
    rmdir(path).then(
      () => true,
      () => false,
    ),
  resolvePackageFolder(name) {
    for (const from of [join(process.cwd(), "index.js"), import.meta.url]) {
      try {
        return dirname(createRequire(from).resolve(`${name}/package.json`));
      } catch {
        // not installed there
      }
    }
    return undefined;
  },
};
