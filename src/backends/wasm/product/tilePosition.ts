import type { Access } from "../../../compiler/kernel.js";
import { byteSize } from "../../../tensor/dtype.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Position } from "../emitLanes.js";
import type { Pointers } from "../emitMap.js";

/** The tiled row axis of a product, and where the loops around a tile stand. */
export interface TileOrigin {
  readonly pointers: Pointers;
  /** Which row axis is tiled; −1 if there are no rows. */
  readonly axis: number;
  /** Indices of the other row axes, outermost first. */
  readonly indices: readonly Local[];
  readonly row: Local;
  readonly column: Local;
}

/** Addresses in a tile: a pointer for each access to the tile's first element, constants for its rows and vectors. */
export class TilePosition implements Position {
  #pointers = new Map<string, Local>();
  #row = 0;
  #vector = 0;
  #panel = 0;
  #result: Local | undefined;

  constructor(readonly origin: TileOrigin) {}

  enter(f: FunctionBuilder, accesses: readonly Access[]): void {
    for (const access of accesses) {
      const key = this.#key(access);
      if (this.#pointers.has(key)) continue;
      const base = this.origin.pointers.get(access.buffer) as Local;
      const terms = this.#terms(access.strides);
      const pointer = addressOf(f, base, access.offset, terms, byteSize(access.dtype));
      this.#pointers.set(key, pointer);
    }
  }

  /** The same tile at one of its rows and vectors; `panel` counts on along the first of the other row axes. */
  shifted(row: number, vector: number, result: Local, panel = 0): TilePosition {
    const position = new TilePosition(this.origin);
    position.#pointers = this.#pointers;
    position.#row = row;
    position.#vector = vector;
    position.#panel = panel;
    position.#result = result;
    return position;
  }

  #key(access: Access): string {
    const pointer = this.origin.pointers.get(access.buffer) as Local;
    return `${pointer.index} ${access.offset} ${access.strides.join(",")}`;
  }

  /** Index locals with their strides: the other rows, the tiled row, the column. */
  #terms(strides: readonly number[]): [Local, number][] {
    const { axis, indices, row, column } = this.origin;
    const rowStrides = strides.slice(0, -1);
    const otherStrides = rowStrides.filter((_, i) => i !== axis);
    const terms: [Local, number][] = indices.map((index, i) => [index, otherStrides[i]]);
    if (axis >= 0) terms.push([row, rowStrides[axis]]);
    terms.push([column, strides.at(-1) ?? 0]);
    return terms;
  }

  #shift(strides: readonly number[]): number {
    const { axis } = this.origin;
    const rowStride = axis >= 0 ? strides[axis] : 0;
    const panelStride = this.#panel === 0 ? 0 : strides[axis === 0 ? 1 : 0];
    return this.#row * rowStride + this.#panel * panelStride + this.#vector * 4 * (strides.at(-1) ?? 0);
  }

  address(f: FunctionBuilder, access: Access): number {
    f.get(this.#pointers.get(this.#key(access)) as Local);
    const shift = this.#shift(access.strides) * byteSize(access.dtype);
    if (shift >= 0) return shift;
    f.i32(shift).op("i32.add");
    return 0;
  }

  laneStep(access: Access): number {
    return (access.strides.at(-1) ?? 0) * byteSize(access.dtype);
  }

  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    f.i32(offset + this.#shift(strides));
    for (const [local, stride] of this.#terms(strides)) {
      if (stride !== 0) f.get(local).i32(stride).op("i32.mul").op("i32.add");
    }
  }

  indexStep(strides: readonly number[]): number {
    return strides.at(-1) ?? 0;
  }

  result(f: FunctionBuilder): void {
    f.get(this.#result as Local);
  }
}
