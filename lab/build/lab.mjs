// The built lab, made anew only if something that it is made from has changed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, hashOf, keep } from "./cache.mjs";

const SOURCES = ["src", "figures", "cli", "lab", "package.json", "package-lock.json", "tsconfig.json"];
const STAMP = "built.json";

/**
 * Writes lab/dist, unless it is already what the sources give.
 *
 * @returns {Promise<boolean>} whether it was built
 */
export async function buildLab() {
  const sources = hashOf(SOURCES, (path) => !/^lab\/(dist|check|node_modules)$|\.test\.ts$/.test(path));
  const stamp = () => JSON.stringify({ sources, result: hashOf(["lab/dist"]) });
  const path = join(CACHE, STAMP);
  if (existsSync(path) && readFileSync(path, "utf8") === stamp()) return false;
  console.log("Building the lab, which takes a moment …");
  // A test's own setting would give what is meant for developing.
  process.env.NODE_ENV = "production";
  const { build } = await import("vite");
  await build({ configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)), logLevel: "warn" });
  keep(STAMP, stamp());
  return true;
}
