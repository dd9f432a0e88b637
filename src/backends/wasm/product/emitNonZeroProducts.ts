import type { NonZeros, ProductAxis } from "../../../compiler/kernel.js";
import { BLOCK_BYTES, ELEMENT_WORDS, LIST_HEAD, MOST_VECTORS } from "../../../compiler/nonZeros.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { Value } from "../../../trace/graph.js";
import { addressOf, loadVector } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { emitFetch, emitFetchTo } from "../fetch.js";
import { forEach, forGroups, forPart, forRange, type Part, separate, wholeAxis } from "../loops.js";
import { evenPanels, overColumns } from "./columns.js";
import { emitAreFinite } from "./finite.js";
import type { Tile } from "./tile.js";
import { emitTileAt, partOfOthers, type Results, startOf, vectorsOf } from "./tileAt.js";
import type { TileOrigin } from "./tilePosition.js";

/** Vectors that are loaded in front of the arithmetic with them: with the accumulators they must fit into the registers. */
const LOADS = 4;
/** Vectors of sums from memory for which what follows the sums is emitted. */
const STORED = 4;
/** What an element of a list costs besides its vectors of products, in such vectors; where sums lie in memory also more for each. */
const COST_OF_ELEMENT = 2;
const COST_OF_MEMORY = 1.25;

type Label = Parameters<FunctionBuilder["br"]>[0];

/** Where an element's position and value are in a list from its first element on; bytes from element to element. */
const POSITION = LIST_HEAD * 4;
const VALUE = POSITION + 4;
const ELEMENT = ELEMENT_WORDS * 4;

/** A product whose zeros are left out, and where its parts are. */
interface Context extends Results {
  readonly nonZeros: NonZeros;
  readonly pointers: Pointers;
  readonly step: ProductAxis;
  /** The rows to compute. */
  readonly rows: Part;
}

/** Emits the products by what is not 0; branches to `otherwise` if little is 0, or not every number of b is finite. */
export function emitNonZeroProducts(
  f: FunctionBuilder,
  results: Results,
  nonZeros: NonZeros,
  pointers: Pointers,
  part: Part | undefined,
  otherwise: Label,
): void {
  const { kernel, tiled, axis } = results;
  const [step] = kernel.sum;
  const rows = part?.axis === axis ? part : wholeAxis(f, { axis, extent: tiled.extent });
  const context: Context = { ...results, nonZeros, pointers, step, rows };
  const ofOthers = partOfOthers(part, axis);
  // lists lead to its rows in no order that a core could foresee
  if (nonZeros.along === "sum")
    emitFetch(f, pointers.get(kernel.b.buffer) as Local, sizeOf(kernel.b.buffer.shape) * 4);
  emitEnoughZeros(f, context, otherwise);
  emitFiniteness(f, context, ofOthers, otherwise);
  overTiles(f, context, ofOthers, nonZeros.along === "sum" ? emitRows : emitBlocks);
}

/** The columns of one or more panels, from where on. */
interface Columns {
  readonly width: number;
  readonly lastColumns: number;
  readonly panels: number;
  readonly indices: readonly Local[];
  readonly column: Local;
}

/** Goes over columns, up to eight vectors at a time; panels that are narrower are taken together. */
function overTiles(
  f: FunctionBuilder,
  context: Context,
  part: Part | undefined,
  body: (f: FunctionBuilder, context: Context, columns: Columns) => void,
): void {
  const { kernel, others } = context;
  const vectors = Math.ceil(kernel.columns / 4);
  const [panel] = others;
  const together = panel ? Math.floor(MOST_VECTORS / vectors) : 0;
  if (together < 2 || kernel.columns % 4 !== 0) {
    const over = (indices: readonly Local[]) =>
      overColumns(f, kernel.columns, evenPanels(vectors, MOST_VECTORS), (width, lastColumns, column) =>
        body(f, context, { width, lastColumns, panels: 1, indices, column }),
      );
    forEach(
      f,
      others.map(({ extent }) => extent),
      over,
      part,
    );
    return;
  }
  const column = f.local("i32", "column");
  f.i32(0).set(column);
  forGroups(f, part ?? wholeAxis(f, { axis: 0, extent: panel.extent }), together, (index, panels) =>
    body(f, context, { width: vectors, lastColumns: 4, panels, indices: [index], column }),
  );
}

/** Branches to `otherwise` if it would not pay to leave out what is 0. */
function emitEnoughZeros(
  f: FunctionBuilder,
  { kernel, nonZeros, pointers, tiled, step, rows }: Context,
  otherwise: Label,
): void {
  const [total, list] = [f.local("i32", "total"), f.local("i32", "list")];
  const alongSum = nonZeros.along === "sum";
  const lines = alongSum ? rows : wholeAxis(f, { axis: 0, extent: step.extent });
  f.i32(0).set(total);
  forPart(f, lines, 1, (line) => {
    pushList(f, nonZeros, pointers, line);
    f.tee(list).op("i32.eqz").brIf(otherwise);
    f.get(list).load("i32.load", 0).get(total).op("i32.add").set(total);
  });
  const width = Math.min(
    MOST_VECTORS,
    Math.ceil(kernel.columns / 4) * (kernel.rows.length > 1 ? MOST_VECTORS : 1),
  );
  const most = width / ((alongSum ? 1 : COST_OF_MEMORY) * width + COST_OF_ELEMENT);
  f.get(total).op("f32.convert_i32_u");
  f.get(lines.to).get(lines.from).op("i32.sub").op("f32.convert_i32_u");
  f.f32(most * (alongSum ? step : tiled).extent)
    .op("f32.mul")
    .op("f32.ge")
    .brIf(otherwise);
  // lists that are kept lie anywhere in memory: all of them are on their way before the first one is read
  if (nonZeros.picked)
    forPart(f, lines, 1, (line) => {
      pushList(f, nonZeros, pointers, line);
      f.tee(list).load("i32.load", 0).i32(ELEMENT).op("i32.mul").get(list).op("i32.add").set(total);
      emitFetchTo(f, list, total);
    });
}

/** Branches to `otherwise` if an element of b is not finite. */
function emitFiniteness(
  f: FunctionBuilder,
  { kernel, others, step, pointers }: Context,
  part: Part | undefined,
  otherwise: Label,
): void {
  const { columns, b } = kernel;
  const together = step.b === columns;
  const axes = together ? others : [...others, step];
  forEach(
    f,
    axes.map(({ extent }) => extent),
    (indices) => {
      const terms = axes.map((axis, i) => [indices[i], axis.b] as const);
      const start = addressOf(f, pointers.get(b.buffer) as Local, b.offset, terms);
      const finite = emitAreFinite(f, start, together ? step.extent * columns : columns);
      f.get(finite).op("i32.eqz").brIf(otherwise);
    },
    part,
  );
}

/** Rows of a that are lines: each goes through its list, with its sums in registers. */
function emitRows(f: FunctionBuilder, context: Context, columns: Columns): void {
  const { axis, step, nonZeros, rows, pointers } = context;
  const { width, lastColumns, panels, indices, column } = columns;
  forPart(f, rows, 1, (row) => {
    const origin: TileOrigin = { pointers, axis, indices, row, column };
    emitTileAt(f, context, origin, { height: 1, width, lastColumns, panels }, (tile, [sums]) => {
      const b = startOf(f, context, origin, "b");
      const at = f.local("i32", "at");
      pushList(f, nonZeros, pointers, row);
      f.set(at);
      const [end, right] = [f.local("i32", "end"), f.local("i32", "right")];
      const left = f.local("v128", "left");
      f.get(at).load("i32.load", 0).i32(ELEMENT).op("i32.mul").get(at).op("i32.add").set(end);
      f.block((done) => {
        f.get(at).get(end).op("i32.eq").brIf(done);
        f.loop((again) => {
          f.get(at).load("i32.load", POSITION);
          f.i32(step.b * 4)
            .op("i32.mul")
            .get(b)
            .op("i32.add")
            .set(right);
          f.get(at).load("v128.load32_splat", VALUE).set(left);
          for (const [v, offset] of tile.vectors.entries()) {
            if (v > 0 && v % LOADS === 0) separate(f, done);
            f.get(sums[v]).get(left);
            loadVector(f, right, offset, lanesOf(tile, v));
            f.op("f32x4.mul").op("f32x4.add").set(sums[v]);
          }
          f.get(at).i32(ELEMENT).op("i32.add").tee(at).get(end).op("i32.ne").brIf(again);
        });
      });
    });
  });
}

/** Pushes the address of a line's list. */
function pushList(f: FunctionBuilder, { lists }: NonZeros, pointers: Pointers, line: Local): void {
  f.get(addressOf(f, pointers.get(lists) as Local, 0, [[line, 1]])).load("i32.load", 0);
}

function lanesOf({ vectors, lastLanes }: Tile, vector: number): number {
  return vector === vectors.length - 1 ? lastLanes : 4;
}

/**
 * Steps of the sum that are lines: a block of rows has its sums in memory, and each line adds its elements times its row of b,
 * which stays in registers.
 */
function emitBlocks(f: FunctionBuilder, context: Context, columns: Columns): void {
  const { kernel, nonZeros, axis, others, step, rows, pointers } = context;
  const { width, lastColumns, panels, indices, column } = columns;
  const scratch = pointers.get(nonZeros.scratch as Value) as Local;
  const offsets = vectorsOf(context, columns).map(({ offset }) => offset);
  const rowBytes = offsets.length * 16;
  const blockRows = Math.floor(BLOCK_BYTES / rowBytes);
  const [at, position, sum] = [f.local("i32", "at"), f.local("i32", "position"), f.local("i32", "sum")];
  const left = f.local("v128", "left");
  const right = offsets.map(() => f.local("v128", "right"));

  // every list from the first row on
  forRange(f, step.extent, 1, (line) => {
    pushList(f, nonZeros, pointers, line);
    f.set(at);
    f.loop((again) => {
      f.get(at).i32(ELEMENT).op("i32.add").set(at);
      f.get(at)
        .load("i32.load", POSITION - ELEMENT)
        .get(rows.from)
        .op("i32.lt_u")
        .brIf(again);
    });
    f.get(scratch)
      .get(line)
      .i32(4)
      .op("i32.mul")
      .op("i32.add")
      .get(at)
      .i32(ELEMENT)
      .op("i32.sub")
      .store("i32.store", BLOCK_BYTES);
  });

  forPart(f, rows, blockRows, (first) => {
    const [end, cursor] = [f.local("i32", "end"), f.local("i32", "cursor")];
    f.get(first).i32(blockRows).op("i32.add").tee(end);
    f.get(rows.to).get(end).get(rows.to).op("i32.lt_u").select().set(end);
    f.get(scratch);
    f.i32(0).get(end).get(first).op("i32.sub").i32(rowBytes).op("i32.mul").memoryFill();
    const b = addressOf(f, pointers.get(kernel.b.buffer) as Local, kernel.b.offset, [
      ...others.map((other, i) => [indices[i], other.b] as const),
      [column, 1],
    ]);
    // where the sums of row 0 would lie
    const origin = f.local("i32", "origin");
    f.get(scratch).get(first).i32(rowBytes).op("i32.mul").op("i32.sub").set(origin);
    f.get(scratch).set(cursor);
    forRange(f, step.extent, 1, () => {
      for (const [v, offset] of offsets.entries()) {
        loadVector(f, b, offset, v === offsets.length - 1 ? lastColumns : 4);
        f.set(right[v]);
      }
      f.get(cursor).load("i32.load", BLOCK_BYTES).set(at);
      f.block((done) => {
        f.get(at).load("i32.load", POSITION).tee(position).get(end).op("i32.ge_u").brIf(done);
        f.loop((again) => {
          f.get(position).i32(rowBytes).op("i32.mul").get(origin).op("i32.add").set(sum);
          f.get(at).load("v128.load32_splat", VALUE).set(left);
          for (let v = 0; v < offsets.length; v++) {
            if (v > 0 && v % LOADS === 0) separate(f, done);
            f.get(sum)
              .get(sum)
              .load("v128.load", v * 16);
            f.get(left)
              .get(right[v])
              .op("f32x4.mul")
              .op("f32x4.add")
              .store("v128.store", v * 16);
          }
          f.get(at).i32(ELEMENT).op("i32.add").tee(at).load("i32.load", POSITION);
          f.tee(position).get(end).op("i32.lt_u").brIf(again);
        });
      });
      f.get(cursor).get(at).store("i32.store", BLOCK_BYTES);
      f.get(cursor).i32(4).op("i32.add").set(cursor);
      f.get(b)
        .i32(step.b * 4)
        .op("i32.add")
        .set(b);
    });
    // panel by panel: a core that sees addresses alternate between panels fetches the next one ahead, which another core may own
    const [next, panel] = [f.local("i32", "column"), f.local("i32", "panel")];
    forRange(f, panels, 1, (further) => {
      if (panels > 1) f.get(indices[0]).get(further).op("i32.add").set(panel);
      const ofPanel = panels > 1 ? [panel] : indices;
      f.get(addressOf(f, scratch, 0, [[further, width * 4]])).set(sum);
      forPart(f, { ...rows, from: first, to: end }, 1, (row) => {
        // a few vectors at a time, so that what follows the sums is not emitted for all of them
        overColumns(
          f,
          (width - 1) * 4 + lastColumns,
          evenPanels(width, STORED),
          (width, lastColumns, from) => {
            f.get(column).get(from).op("i32.add").set(next);
            const origin: TileOrigin = { pointers, axis, indices: ofPanel, row, column: next };
            emitTileAt(f, context, origin, { height: 1, width, lastColumns }, (_, [sums]) => {
              for (const [v, local] of sums.entries())
                f.get(sum)
                  .load("v128.load", v * 16)
                  .set(local);
            });
            f.get(sum)
              .i32(width * 16)
              .op("i32.add")
              .set(sum);
          },
        );
        if (panels > 1)
          f.get(sum)
            .i32(rowBytes - width * 16)
            .op("i32.add")
            .set(sum);
      });
    });
  });
}
