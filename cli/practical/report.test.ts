import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareFolder } from "./report.js";

describe("the folder of the report", () => {
  it("is made with the folders above it, and left empty", async () => {
    const folder = join(await mkdtemp(join(tmpdir(), "keratin-")), "a", "b");
    await prepareFolder(folder);
    await prepareFolder(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it("is refused before anything is trained if it cannot be written to", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "keratin-")), "file");
    await writeFile(file, "");
    for (const folder of [join(file, "report"), file]) {
      await expect(prepareFolder(folder)).rejects.toThrow("this folder cannot be written to");
    }
  });

  it.runIf(process.platform === "linux")("does not wait for ever where no folder can be made", async () => {
    await expect(prepareFolder("/proc/keratin")).rejects.toThrow("this folder cannot be written to");
  });
});
