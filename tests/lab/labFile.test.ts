import { describe, expect, it } from "vitest";
import { readLabFile, writeLabFile } from "../../lab/src/storage/labFile.js";

const known = new Set(["data", "counts"]);
const work = {
  cells: [{ id: "data", code: "const a = '€ 😀 </script>';" }],
  models: [
    {
      name: "mein_modell",
      file: Uint8Array.of(0, 1, 254, 255),
      info: { name: "mein_modell", parameters: 7850, trained: true, readsDigits: false },
    },
  ],
  settings: { seed: 7 },
};

describe("an exported lab", () => {
  it("comes back as it was", () => {
    expect(readLabFile(writeLabFile(work), known)).toEqual(work);
  });

  const changed = (change: (file: Record<string, never>) => void) => {
    const file = JSON.parse(writeLabFile(work));
    change(file);
    return () => readLabFile(JSON.stringify(file), known);
  };
  it.each([
    ["no JSON", () => readLabFile("<html>", known), /not a lab file/],
    ["other JSON", () => readLabFile("[1]", known), /not a lab file/],
    ["a later version", changed((f) => Object.assign(f, { version: 2 })), /version/],
    [
      "a cell that the lab does not have",
      changed((f) => Object.assign(f.cells[0], { id: "evil" })),
      /cells\[0\]\.id/,
    ],
    ["code that is no text", changed((f) => Object.assign(f.cells[0], { code: 1 })), /cells\[0\]\.code/],
    [
      "a model whose name is no name",
      changed((f) => Object.assign(f.models[0], { name: "a;b" })),
      /models\[0\]\.name/,
    ],
    [
      "a model that is no base64",
      changed((f) => Object.assign(f.models[0], { file: "%%" })),
      /models\[0\]\.file/,
    ],
    ["a seed that is none", changed((f) => Object.assign(f, { seed: -1 })), /seed/],
    ["cells that are no list", changed((f) => Object.assign(f, { cells: {} })), /cells/],
  ])("is refused as a whole: %s", (_, read, message) => {
    expect(read).toThrow(message);
  });
});
