import { unpackDigits } from "./mnistFile.js";

// Decodes the data aside of the page, and ends.

addEventListener("message", async ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
  try {
    const { train, test } = await unpackDigits(data);
    postMessage(
      { train, test },
      {
        transfer: [train.images.buffer, train.labels.buffer, test.images.buffer, test.labels.buffer],
      },
    );
  } catch (error) {
    postMessage({ error: (error as Error).message });
  }
});
