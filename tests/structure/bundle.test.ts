import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
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
    // what is loaded when it is first used goes into files of its own
    splitting: true,
    outdir: "bundle",
    write: false,
    metafile: true,
    logLevel: "silent",
    plugins: [fromSource("browser")],
  });
  const loaded = loadedAtOnce(metafile);
  const code = outputFiles
    .filter(({ path }) => loaded.has(relative(root, path)))
    .map(({ contents }) => contents);
  // what esbuild has read and left out again does not count
  const inputs = [...loaded].flatMap((path) =>
    Object.entries(metafile.outputs[path].inputs).flatMap(([input, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [input] : [],
    ),
  );
  return { code: Buffer.concat(code), inputs, outputs: Object.values(metafile.outputs), warnings };
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
    const { code, inputs, outputs, warnings } = await bundle(PROGRAM);
    expect(warnings).toEqual([]);
    expect(inputs).toContain("src/models/model.ts");
    expect(inputs).not.toContain("src/runtime/platform/node.ts");
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    // drawing and saving are there when they are asked for
    for (const lazy of ["src/models/plot/svg.ts", "src/saving/files.ts"]) {
      expect(outputs.flatMap((output) => Object.keys(output.inputs))).toContain(lazy);
      expect(inputs).not.toContain(lazy);
    }
    // 100,000 are aimed at and were kept until threads and pooled convolutions came; this keeps it from growing further
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(106_000);
  });
});
