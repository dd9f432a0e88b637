/** The `keratin` command as a real process, built from the sources, and small data for it. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll } from "vitest";
import { bundleCommand } from "../../cli/bundle.mjs";
import { entries, fromSource } from "../../scripts/fromSource.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where results of tests go; removed at the end. */
export const scratch = mkdtempSync(join(tmpdir(), "keratin-command-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The package as a build makes it, but with esbuild alone. */
const folder = join(scratch, "package");
const command = join(folder, "dist", "cli", "keratin.js");

/** Builds library and command; to be awaited before all tests. */
export async function buildCommand(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: Object.values(entries),
    outbase: root,
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    plugins: [fromSource()],
  });
  await bundleCommand(join(folder, "dist", "cli"), [fromSource("node", ["#platform"])]);
  cpSync(join(root, "package.json"), join(folder, "package.json"));
}

export interface Run {
  /** The exit code, or the signal that ended the process. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Is called with everything on standard output so far; can send a signal, or stop reading. */
  readonly watch?: (stdout: string, kill: (signal: NodeJS.Signals) => void, close: () => void) => void;
  /** What the shell does before the command takes its place. */
  readonly before?: string;
}

/** Runs the command. */
export function keratin(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { env = {}, cwd = scratch, watch, before } = options;
  const whole = [process.execPath, command, ...args];
  const [file, ...rest] = before ? ["sh", "-c", `${before}; exec "$@"`, "sh", ...whole] : whole;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd,
      env: { ...process.env, KERATIN_DEBUG: "", LC_ALL: "C.UTF-8", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      watch?.(
        stdout,
        (signal) => void child.kill(signal),
        () => child.stdout.destroy(),
      );
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
}

/** An IDX file of bytes. */
export function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, axis) => {
    view.setUint32(4 + 4 * axis, extent);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** `count` pictures of ten kinds: digit d is a bar at a place of its own. */
function pictures(count: number): { images: Uint8Array; labels: Uint8Array } {
  const images = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7) % 10);
  for (let i = 0; i < count; i++)
    for (let row = 4; row < 24; row++)
      for (let column = 0; column < 4; column++)
        images[i * 784 + row * 28 + 2 * labels[i] + 3 + column] = 255 - ((i * 31 + row) % 90);
  return { images, labels };
}

/** The four files of a small data set, by name. */
export function smallMnist(train = 160, test = 40): Record<string, Uint8Array> {
  const [forTraining, forTest] = [pictures(train), pictures(test)];
  return {
    "train-images-idx3-ubyte": idx([train, 28, 28], forTraining.images),
    "train-labels-idx1-ubyte": idx([train], forTraining.labels),
    "t10k-images-idx3-ubyte": idx([test, 28, 28], forTest.images),
    "t10k-labels-idx1-ubyte": idx([test], forTest.labels),
  };
}

/** Writes files into a new folder. */
export function folderWith(
  name: string,
  files: Readonly<Record<string, Uint8Array>>,
  gzipped = false,
): string {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files))
    writeFileSync(join(folder, gzipped ? `${file}.gz` : file), gzipped ? gzipSync(bytes) : bytes);
  return folder;
}
