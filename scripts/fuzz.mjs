// `npm run fuzz [-- cases [seed]]`: mutated model files (20,000 by default), of which every one must be refused with one clear
// error or hold what its checksums vouch for. `npm test` runs some of them.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [cases = "20000", seed = "1"] = process.argv.slice(2);
const root = fileURLToPath(new URL("..", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "tests/saving/fuzz.test.ts", "--disable-console-intercept"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, KERATIN_FUZZ_CASES: cases, KERATIN_FUZZ_SEED: seed },
  },
);
process.exitCode = status ?? 1;
