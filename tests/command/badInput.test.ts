import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCommand, folderWith, keratin, type Run, scratch, smallMnist } from "./command.js";

let data: string;
beforeAll(async () => {
  await buildCommand();
  data = folderWith("mnist", smallMnist());
});

/** One clear message on standard error, and nothing else: no stack trace, no result, no exit code 0. */
function expectMessage({ code, stdout, stderr }: Run, message: string | RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(stderr).not.toMatch(/node:internal|Node\.js v\d/);
  expect(stdout).not.toMatch(/Accuracy/);
  expect(code).toBe(1);
}

const practical = (...args: string[]) => ["practical", "--models", "multinom", "--epochs", "1", ...args];

describe("the command line", () => {
  it.each([
    ["an unknown command", ["practica"], "unknown command 'practica'\n(Did you mean practical?)"],
    ["an unknown option", practical("--epoch", "3"), "unknown option '--epoch'\n(Did you mean --epochs?)"],
    [
      "an unknown model",
      ["practical", "--models", "multinom,ffn"],
      "There is no model 'ffn'. Did you mean \"ffnn\"? Expected some of multinom,ffnn,dffnn,cnn,cnn_2.",
    ],
    ["no model", ["practical", "--models", ","], "Expected some of multinom,ffnn,dffnn,cnn,cnn_2."],
    [
      "an unknown backend",
      practical("--backend", "wsam"),
      'Expected one of wasm, reference. Did you mean "wasm"?',
    ],
    ["an unknown verbosity", practical("--verbose", "3"), "Expected one of 0, 1, 2."],
    ["no epochs", practical("--epochs", "0"), "Expected an integer of at least 1."],
    ["epochs that are no number", practical("--epochs", "ten"), "Expected an integer of at least 1."],
    ["half an epoch", practical("--epochs", "1.5"), "Expected an integer of at least 1."],
    ["a batch of nothing", practical("--batch-size", "-4"), "Expected an integer of at least 1."],
    ["a split of everything", practical("--validation-split", "1"), "Expected a number from 0 to below 1."],
    ["a negative split", practical("--validation-split", "-0.1"), "Expected a number from 0 to below 1."],
    [
      "a split that is no number",
      practical("--validation-split", "NaN"),
      "Expected a number from 0 to below 1.",
    ],
    ["a seed beyond 32 bits", practical("--seed", "4294967296"), "Expected an integer from 0 to 4294967295."],
    ["an argument too many", practical("twice"), "too many arguments for 'practical'"],
  ])("refuses %s", async (_, args, message) => {
    const out = join(scratch, "refused");
    const run = await keratin([...args, ...(args.includes("--models") ? ["--out", out] : [])]);
    expect(run.stderr).toContain(message);
    expectMessage(run, "error: ");
    expect(run.stdout).toBe("");
    expect(existsSync(out)).toBe(false);
  });

  it("refuses a split that leaves nothing to learn from before it writes anything", async () => {
    const out = join(scratch, "split");
    const run = await keratin(practical("--data", data, "--validation-split", "0.999", "--out", out));
    expectMessage(
      run,
      "--validation-split 0.999: nothing of 160 training samples would be left to learn from",
    );
    expect(readdirSync(out)).toEqual([]);
  });
});

describe("the data", () => {
  const files = smallMnist();
  const changed = (name: string, bytes: Uint8Array | undefined) => {
    const { [name]: _, ...others } = files;
    return bytes ? { ...others, [name]: bytes } : others;
  };
  const images = "train-images-idx3-ubyte";
  const labels = "train-labels-idx1-ubyte";

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ["missing", changed(images, undefined), /has no file train-images-idx3-ubyte \(or \.gz\)\. Found: t10k/],
    [
      "truncated",
      changed(images, files[images].subarray(0, 5000)),
      /train-images-idx3-ubyte is truncated: shape \(160, 28, 28\) needs 125456 bytes, the file has 5000/,
    ],
    [
      "something else",
      changed(labels, new TextEncoder().encode("<!doctype html>")),
      /is not an IDX file of bytes/,
    ],
    ["empty", changed(labels, new Uint8Array(0)), /train-labels-idx1-ubyte is not an IDX file/],
    [
      "swapped",
      { ...files, [images]: files[labels], [labels]: files[images] },
      /expected images of shape \(n, 28, 28\), found \(160\)\. Are the image and label files swapped\?/,
    ],
    [
      "of another set",
      changed(labels, files["t10k-labels-idx1-ubyte"]),
      /160 images but labels of shape \(40\)\. The files do not belong together/,
    ],
    [
      "labelled with what is no digit",
      changed(
        labels,
        files[labels].map((byte, i) => (i === 8 + 17 ? 10 : byte)),
      ),
      /label 10 of sample 17 is not a digit from 0 to 9/,
    ],
    ["without a single image", smallMnist(0, 10), /there are no images/],
  ])("is refused when it is %s", async (name, given, message) => {
    const out = join(scratch, `data ${name}`);
    const run = await keratin(practical("--data", folderWith(`files ${name}`, given), "--out", out));
    expectMessage(run, message);
    expect(readdirSync(out)).toEqual([]);
  });

  it("is refused when a gzipped file is cut off or damaged", async () => {
    const folder = folderWith("gzipped", files, true);
    const path = join(folder, `${images}.gz`);
    const whole = readFileSync(path);
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      whole.map((b, i) => (i === 400 ? b ^ 64 : b)),
    ]) {
      writeFileSync(path, bytes);
      const run = await keratin(practical("--data", folder, "--out", join(scratch, "gzipped out")));
      expectMessage(
        run,
        /train-images-idx3-ubyte\.gz cannot be decompressed: the file is truncated or damaged/,
      );
    }
  });

  it("is refused when there is no such folder or file", async () => {
    expectMessage(
      await keratin(practical("--data", "nowhere")),
      /there is no folder nowhere\. Name a folder/,
    );
    expectMessage(await keratin(practical("--data", "no.npz")), /there is no file no\.npz/);
    writeFileSync(join(scratch, "broken.npz"), "PK not a zip archive");
    expectMessage(
      await keratin(practical("--data", "broken.npz")),
      /broken\.npz is not a complete \.npz file: its table of contents is missing/,
    );
  });
});

describe("the output", () => {
  it("is refused before training where no folder can be made", async () => {
    const file = join(scratch, "a file");
    writeFileSync(file, "");
    const run = await keratin(practical("--data", data, "--out", join(file, "report")));
    expectMessage(run, /--out .*report: this folder cannot be written to \(.*\)\. Name another one\./);
    expect(run.stdout).toBe("");
  });

  // a limit on the size of files fails as a full disk does: in the middle of a write
  it.runIf(process.platform !== "win32")("leaves the report before when the disk is full", async () => {
    const out = join(scratch, "full");
    mkdirSync(out);
    for (const name of ["report.json", "report.html"]) writeFileSync(join(out, name), "the one before");
    const run = await keratin(practical("--data", data, "--out", out), { before: "ulimit -f 4" });
    expectMessage(
      run,
      /report\.html could not be written: files of this size are not allowed here\. Name another/,
    );
    expect(readdirSync(out).sort()).toEqual(["report.html", "report.json"]);
    expect(readFileSync(join(out, "report.html"), "utf8")).toBe("the one before");
    expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8")).models).toEqual([]);
  });
});
