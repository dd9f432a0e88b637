import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeEach, describe, expect, it } from "vitest";
import { platform } from "#platform";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keratin-atomic-"));
});

describe("writeFileAtomic", () => {
  it("writes and replaces, and leaves nothing else in the folder", async () => {
    const path = join(folder, "m.keras");
    await platform.writeFileAtomic(path, "old");
    await chmod(path, 0o640);
    await platform.writeFileAtomic(path, new Uint8Array([110, 101, 119]));
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(["m.keras"]);
  });

  it("keeps a link a link", async () => {
    await writeFile(join(folder, "real"), "old");
    await symlink(join(folder, "real"), join(folder, "link"));
    await platform.writeFileAtomic(join(folder, "link"), "new");
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
  });

  it("says what is wrong and keeps what was there", async () => {
    await mkdir(join(folder, "m.keras"));
    await expect(platform.writeFileAtomic(join(folder, "m.keras"), "x")).rejects.toThrow(
      "m.keras could not be written: there is a folder of this name",
    );
    await expect(platform.writeFileAtomic(join(folder, "no", "m.keras"), "x")).rejects.toThrow(
      "its folder does not exist",
    );
    expect(await readdir(folder)).toEqual(["m.keras"]);
  });

  it("takes away what a dead process has left, and nothing else", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    await writeFile(join(folder, `m.keras.${dead.pid}-0.tmp`), "part");
    await writeFile(join(folder, `m.keras.${process.pid}-99.tmp`), "still being written");
    await writeFile(join(folder, "m.keras.notes.tmp"), "mine");
    await platform.writeFileAtomic(join(folder, "m.keras"), "whole");
    expect((await readdir(folder)).sort()).toEqual(
      [`m.keras.${process.pid}-99.tmp`, "m.keras", "m.keras.notes.tmp"].sort(),
    );
  });

  it("a process killed while it writes leaves the old file or the new one", async () => {
    const script = join(folder, "writer.mjs");
    await build({
      stdin: {
        contents: `
          import { writeFileAtomic } from "./src/runtime/platform/atomicFile.ts";
          for (let n = 0; ; n = (n + 1) % 10) {
            await writeFileAtomic(process.argv[2], Buffer.alloc(3_000_000, String(n)));
            process.stdout.write(".");
          }`,
        resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
        sourcefile: "writer.ts",
      },
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
    });
    const path = join(folder, "m.keras");
    for (let kill = 0; kill < 5; kill++) {
      const child = spawn(process.execPath, [script, path]);
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 3 * kill));
      child.kill("SIGKILL");
      await once(child, "exit");
      const content = await readFile(path);
      expect(content.length).toBe(3_000_000);
      expect(content.every((byte) => byte === content[0])).toBe(true);
    }
  });
});
