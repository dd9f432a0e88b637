import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { fromSource } from "../../scripts/fromSource.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What somebody else's page would contain: the first program of the README, with one of two ways to import layers. */
const program = (imports: string) => `
${imports}
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
const onlyWhatIsUsed = program(`
import { Sequential, Input, datasets, utils } from "keratin";
import * as layers from "keratin/layers";
`);
const allFromOne = program('import { Sequential, Input, layers, datasets, utils } from "keratin";');

async function bundle(program: string) {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    stdin: { contents: program, resolveDir: root, sourcefile: "program.js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // what is loaded when it is first used goes into files of its own
    splitting: true,
    outdir: "bundle",
    write: false,
    metafile: true,
    logLevel: "silent",
    plugins: [fromSource("browser")],
  });
  const loaded = loadedAtOnce(metafile);
  // each file travels by itself
  const gzipped = outputFiles
    .filter(({ path }) => loaded.has(relative(root, path)))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  // what esbuild has read and left out again does not count
  const inputs = [...loaded].flatMap((path) =>
    Object.entries(metafile.outputs[path].inputs).flatMap(([input, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [input] : [],
    ),
  );
  return { gzipped, files: loaded.size, inputs, outputs: Object.values(metafile.outputs), warnings };
}

/** The program's own file, and those that it cannot start without. */
function loadedAtOnce({ outputs }: Metafile): Set<string> {
  const loaded = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === "program.js"));
  for (const path of loaded)
    for (const { path: needed, kind } of outputs[path].imports)
      if (kind === "import-statement") loaded.add(needed);
  return loaded;
}

describe("the first program, bundled for a page", () => {
  it("is small when minified and gzipped, and brings nothing of Node or of a package", async () => {
    const { gzipped, files, inputs, outputs, warnings } = await bundle(onlyWhatIsUsed);
    expect(warnings).toEqual([]);
    expect(inputs).toContain("src/models/model.ts");
    expect(inputs).not.toContain("src/runtime/platform/node.ts");
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    // layers that the program does not name stay away, and so does the other backend
    expect(inputs).not.toContain("src/layers/rnn/lstm.ts");
    expect(inputs).not.toContain("src/compiler/pooling.ts");
    expect(inputs).not.toContain("src/compiler/loops.ts");
    expect(inputs).not.toContain("src/backends/wasm/plain/window.ts");
    expect(inputs).not.toContain("src/backends/reference/referenceBackend.ts");
    // `compile` knows all names, but loads rarely used classes only for those who ask for them
    for (const rare of ["src/losses/similarity.ts", "src/metrics/auc.ts", "src/metrics/iou.ts"])
      expect(inputs).not.toContain(rare);
    // training, data, drawing and saving are there when they are asked for
    const later = [
      "src/callbacks/progbarLogger.ts",
      "src/datasets/mnistSources.ts",
      "src/models/plot/svg.ts",
      "src/models/training/runner.ts",
      "src/saving/files.ts",
    ];
    for (const lazy of later) {
      expect(outputs.flatMap((output) => Object.keys(output.inputs))).toContain(lazy);
      expect(inputs).not.toContain(lazy);
    }
    // a file for every set of later files that shares it: few sets, few requests
    expect(files).toBeLessThanOrEqual(6);
    expect(gzipped).toBeLessThan(100_000);
  });

  // esbuild keeps a namespace that a module exports whole: https://github.com/evanw/esbuild/issues/1420. The goal of 100,000
  // is not reached in this form; the bound keeps it from growing.
  it("has all layers where they are imported by the name `layers`", async () => {
    const { gzipped, inputs } = await bundle(allFromOne);
    expect(inputs).toContain("src/layers/rnn/lstm.ts");
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    // 2,950 of it are convolutions in Winograd's form: definition, rule, lowering and emitter
    expect(gzipped).toBeLessThan(148_000);
  });
});
