import { unpackPart } from "./mnistFile.js";

// Decodes parts of the data aside of the page.

addEventListener("message", async ({ data }: MessageEvent<readonly Uint8Array<ArrayBuffer>[]>) => {
  try {
    const digits = await Promise.all(data.map(unpackPart));
    const transfer = digits.flatMap(({ images, labels }) => [images.buffer, labels.buffer]);
    postMessage({ digits }, { transfer });
  } catch (error) {
    postMessage({ error: (error as Error).message });
  }
});
