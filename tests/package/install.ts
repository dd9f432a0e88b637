/** The package as somebody gets it: packed, and installed in an empty folder outside of this repository. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** The project of somebody who has installed the package. */
export const project = mkdtempSync(join(tmpdir(), "keratin-user-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(file: string, args: readonly string[], cwd = project, env = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      // npm is a script on Windows
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The same, for a program that has to succeed. */
export async function succeed(file: string, args: readonly string[], cwd?: string): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, cwd);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** When the newest file under a folder was changed. */
function newest(folder: string): number {
  return Math.max(
    0,
    ...readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

/** Builds the package if the build is older than the sources, packs it, and installs it in `project`. */
export async function installPackage(): Promise<{ files: string[] }> {
  const built = statSync(join(root, "dist/cli/keratin.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < Math.max(...["src", "cli", "figures"].map(newest)))
    await succeed(process.execPath, [join(root, "scripts/build.mjs")], root);
  const packed = await succeed("npm", ["pack", "--json", "--pack-destination", project], root);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  write("package.json", JSON.stringify({ name: "user", private: true, type: "module" }));
  await succeed("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`]);
  return { files: files.map(({ path }) => path) };
}

/** A project in which nothing is installed but the package itself, without the packages that it loads on use. */
export function withoutDependencies(): string {
  const bare = join(project, "bare");
  cpSync(join(project, "node_modules/keratin"), join(bare, "node_modules/keratin"), { recursive: true });
  return bare;
}

/** Writes a file of the user's. */
export function write(path: string, content: string | Uint8Array): string {
  const whole = join(project, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}
