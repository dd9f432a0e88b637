/** A file in an archive. */
export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
}

/** Below this, a packed member may expand as much as it likes; above, at most a hundredfold, as in Keras. */
const FREE_EXPANSION = 1 << 26;
const MAXIMUM_EXPANSION = 100;

/** A zip archive of these members in this order, stored, with the same bytes for the same content. */
export async function writeZip(members: readonly Member[]): Promise<Uint8Array> {
  const zip = await library();
  const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), {
    level: 0,
    extendedTimestamp: false,
    dataDescriptor: false,
    lastModDate: new Date(1980, 0, 1),
    useWebWorkers: false,
  });
  for (const { name, content } of members) await writer.add(name, new zip.Uint8ArrayReader(content));
  return writer.close();
}

/**
 * The members of these names. Their checksums are verified, and what they declare is checked before memory is taken.
 * @param where the file, for messages
 * @throws if it is no zip archive, damaged, ambiguous or a bomb
 */
export async function readZip(
  bytes: Uint8Array,
  names: readonly string[],
  where: string,
): Promise<Map<string, Uint8Array>> {
  const zip = await library();
  const reader = new zip.ZipReader(new zip.Uint8ArrayReader(bytes), {
    checkSignature: true,
    checkOverlappingEntry: true,
    useWebWorkers: false,
  });
  const found = new Map<string, Uint8Array>();
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory || !names.includes(entry.filename)) continue;
      const { filename, compressedSize, uncompressedSize, encrypted } = entry;
      if (found.has(filename)) throw new Error(`two members are called ${filename}`);
      if (encrypted) throw new Error(`${filename} is encrypted`);
      if (compressedSize > bytes.length) throw new Error(`${filename} is cut off`);
      if (uncompressedSize > FREE_EXPANSION && uncompressedSize > MAXIMUM_EXPANSION * compressedSize) {
        throw new Error(
          `${filename} declares ${uncompressedSize} bytes of which only ${compressedSize} are stored: a decompression bomb`,
        );
      }
      const content = new Uint8Array(uncompressedSize);
      let filled = 0;
      await entry.getData(
        new WritableStream({
          write(chunk: Uint8Array) {
            if (filled + chunk.length > content.length)
              throw new Error(`${filename} is longer than declared`);
            content.set(chunk, filled);
            filled += chunk.length;
          },
        }),
      );
      if (filled !== content.length) throw new Error(`${filename} is shorter than declared`);
      found.set(filename, content);
    }
  } catch (error) {
    throw new Error(
      `${where} cannot be read: the archive is damaged, truncated or no zip archive (${(error as Error).message}). Save or download it again.`,
      { cause: error },
    );
  } finally {
    await reader.close().catch(() => {});
  }
  return found;
}

type Library = typeof import("@zip.js/zip.js");

function library(): Promise<Library> {
  return import("@zip.js/zip.js");
}
