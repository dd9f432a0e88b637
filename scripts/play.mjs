// `npm run play [file.ts]`: bundles a TypeScript program from source and runs it, with no build before.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { fromSource } from "./fromSource.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const entry = resolve(process.argv[2] ?? join(root, "play.ts"));
const folder = join(root, "node_modules", ".cache", "keratin");
mkdirSync(folder, { recursive: true });
const outfile = join(folder, "play.mjs");

await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  packages: "external",
  logLevel: "warning",
  plugins: [fromSource()],
});
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(3)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
