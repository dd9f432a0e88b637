// What takes seconds to make is kept, under a hash of all that it is made from.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const CACHE = join(root, "node_modules", ".cache", "keratin-lab");

/**
 * @param {readonly string[]} paths files and folders of the checkout; one that is missing counts as empty
 * @param {(path: string) => boolean} counts which paths of these are looked at
 * @returns {string} a hash of their names and contents
 */
export function hashOf(paths, counts = () => true) {
  const hash = createHash("sha256");
  const add = (path) => {
    if (!counts(path)) return;
    let bytes;
    try {
      bytes = readFileSync(join(root, path));
    } catch (error) {
      if (error.code === "EISDIR")
        for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`);
      else if (error.code !== "ENOENT") throw error;
      return;
    }
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}

/**
 * Vite makes a build of each worker, with plugins of its own: they share what is under way.
 *
 * @type {Map<string, Promise<Buffer>>}
 */
const underWay = new Map();

/**
 * @param {string} name
 * @param {string} key a hash of what it is made from
 * @param {() => Promise<Uint8Array>} make
 * @returns {Promise<Buffer>} what was made for this key, now or before
 */
export function cached(name, key, make) {
  const file = `${name}-${key.slice(0, 16)}`;
  const made = underWay.get(file) ?? kept(file, make);
  underWay.set(file, made);
  return made;
}

async function kept(file, make) {
  const path = join(CACHE, file);
  if (existsSync(path)) return readFileSync(path);
  const bytes = Buffer.from(await make());
  keep(file, bytes);
  return bytes;
}

/** Writes a file of the cache, whole or not at all; its forerunners go. */
export function keep(file, bytes) {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, file);
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  const name = file.slice(0, file.lastIndexOf("-") + 1);
  for (const other of readdirSync(CACHE))
    if (name && other.startsWith(name) && other !== file) rmSync(join(CACHE, other), { force: true });
}
