/** Kills a training process again and again and compares what comes of it with a run that was left alone. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { fromSource } from "../../../scripts/fromSource.mjs";

export interface Outcome {
  readonly weightsSha256: string;
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Steps of training in the last process. */
  readonly steps: number;
}

export type Settings = Readonly<Record<"SAVE_FREQ" | "DOUBLE", string>>;

/** When a process ends: after so many milliseconds of training, or within its n-th file operation. */
export type Kill = { readonly afterMs: number } | { readonly inOperation: number };

export class TrainingProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), "keratin-kills-"));
  readonly #program = join(this.folder, "program.mjs");
  #runs = 0;

  async build(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL("program.ts", import.meta.url))],
      outfile: this.#program,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "warning",
      plugins: [fromSource()],
    });
  }

  /**
   * Starts training, kills it, starts it again, and so on; the last process is left alone.
   * @returns what the last process says, which kills came in time, and whether there was a backup to go on from
   */
  async train(
    settings: Settings,
    kills: readonly Kill[],
  ): Promise<{ outcome: Outcome; killed: boolean[]; hadBackup: boolean }> {
    const backup = join(this.folder, `backup-${this.#runs++}`);
    const killed: boolean[] = [];
    for (const kill of kills) {
      const { signal } = await this.#start({ ...settings, BACKUP: backup }, kill);
      killed.push(signal === "SIGKILL");
      if (signal === null) break;
    }
    const hadBackup = existsSync(join(backup, "training_state.safetensors"));
    const { stdout, code, stderr } = await this.#start({ ...settings, BACKUP: backup });
    if (code !== 0) throw new Error(`The last process ended with ${code}: ${stderr}`);
    return { outcome: JSON.parse(stdout) as Outcome, killed, hadBackup };
  }

  #start(environment: Readonly<Record<string, string>>, kill?: Kill) {
    const byTime = kill !== undefined && "afterMs" in kill;
    const child = spawn(process.execPath, [this.#program], {
      env: {
        ...process.env,
        ...environment,
        STEP_MS: byTime ? "3" : "0",
        KILL_AT: kill && "inOperation" in kill ? String(kill.inOperation) : "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (byTime && !stderr) setTimeout(() => child.kill("SIGKILL"), kill.afterMs);
      stderr += text;
    });
    return new Promise<{
      code: number | null;
      signal: NodeJS.Signals | null;
      stdout: string;
      stderr: string;
    }>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
