import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { fromSource } from "../../scripts/fromSource.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What somebody else's page would contain: the first program of the README. */
const PROGRAM = `
import { Sequential, Input, datasets, utils } from "keratin";
import * as layers from "keratin/layers";

utils.setRandomSeed(45);
const { train, test } = await datasets.mnist.loadData();
const x = train.x.div(255);

const model = new Sequential([
  Input([28, 28]),
  new layers.Flatten(),
  new layers.Dense(64, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
model.summary();
const history = await model.fit(x, train.y, { epochs: 10, validationSplit: 0.2 });
const { accuracy } = await model.evaluate(test.x.div(255), test.y, { returnDict: true });
const predicted = (await model.predict(test.x.div(255))).argmax(-1);
console.log(history, accuracy, predicted);
`;

async function bundle(program: string) {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    stdin: { contents: program, resolveDir: root, sourcefile: "program.js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "silent",
    plugins: [fromSource("browser")],
  });
  // what esbuild has read and left out again does not count
  const [{ inputs }] = Object.values(metafile.outputs);
  const kept = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  return { code: outputFiles[0].contents, inputs: kept, warnings };
}

describe("the first program, bundled for a page", () => {
  it("is under 100 KB when minified and gzipped, and brings nothing of Node or of a package", async () => {
    const { code, inputs, warnings } = await bundle(PROGRAM);
    expect(warnings).toEqual([]);
    expect(inputs).toContain("src/models/model.ts");
    expect(inputs).not.toContain("src/runtime/platform/node.ts");
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(100_000);
  });
});
