// Installs the peers of the benchmark: a Python environment in bench/peers/.venv and the npm packages.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const environment = join(folder, ".venv");
const bin = join(environment, process.platform === "win32" ? "Scripts" : "bin");

function run(what, command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: "inherit" });
  if (error === undefined && status === 0) return true;
  console.error(`${what}: ${error?.message ?? `"${command} ${args.join(" ")}" ended with code ${status}`}`);
  process.exitCode = 1;
  return false;
}

if (existsSync(environment) || run("Python environment", "python3", "-m", "venv", environment)) {
  run("Python peers", join(bin, "python"), "-m", "pip", "install", "-r", "requirements.txt");
}
run("JavaScript peers", "npm", "ci", "--no-audit", "--no-fund");
