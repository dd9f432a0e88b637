import type { TypedArray } from "../../tensor/dtype.js";
import { type Hdf5Array, loadHdf5, temporaryPath } from "./file.js";

/** A group to write. */
export interface GroupToWrite {
  /** Such as `"layers/dense/vars"`; groups above it are made. */
  readonly path: string;
  /** Attributes. */
  readonly texts: Readonly<Record<string, string>>;
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
}

/** An HDF5 file with these groups, in the form that h5py writes by default. */
export async function writeHdf5(groups: readonly GroupToWrite[]): Promise<Uint8Array> {
  const { library, module } = await loadHdf5();
  const path = temporaryPath();
  const file = new library.File(path, "w", { libver: ["earliest", "latest"] });
  try {
    const made = new Set([""]);
    for (const { path: groupPath, texts, arrays } of groups) {
      const parts = groupPath.split("/");
      for (let depth = 1; depth <= parts.length; depth++) {
        const ancestor = parts.slice(0, depth).join("/");
        if (!made.has(ancestor)) module.create_group(file.file_id, `/${ancestor}`, false);
        made.add(ancestor);
      }
      const group = new library.Group(file.file_id, `/${groupPath}`);
      for (const [name, text] of Object.entries(texts)) group.create_attribute(name, text, [], "S");
      for (const [name, { shape, data }] of arrays)
        group.create_dataset({ name, data, shape: [...shape], dtype: elementTypeOf(data) });
    }
  } finally {
    file.close();
  }
  const bytes = module.FS.readFile(path) as Uint8Array;
  module.FS.unlink(path);
  return bytes;
}

function elementTypeOf(data: TypedArray): string {
  if (data instanceof Float32Array) return "<f";
  if (data instanceof Int32Array) return "<i";
  return data instanceof Uint32Array ? "<I" : "<B";
}
