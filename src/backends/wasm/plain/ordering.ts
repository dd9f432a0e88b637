import type { PlainKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder, Local, OpName } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forRange, type Part } from "../loops.js";
import { around, type Elements, elementsOf, pushElement } from "./elements.js";

/** Byte offset, in a local, of the first element along the axis. */
export function overLines(
  f: FunctionBuilder,
  shape: readonly number[],
  axis: number,
  body: (line: { outer: Local; inner: Local }) => void,
  part?: Part,
): void {
  const { outer, inner } = around(shape, axis);
  if (outer * inner === 0) return;
  // the outer axis is all axes before the one along which the lines run
  const each = outer / shape[0];
  const lines = part && { ...part, from: scaled(f, part.from, each), to: scaled(f, part.to, each) };
  forEach(f, [outer, inner], ([o, i]) => body({ outer: o, inner: i }), lines);
}

function scaled(f: FunctionBuilder, value: Local, factor: number): Local {
  const local = f.local("i32", "scaled");
  f.get(value).i32(factor).op("i32.mul").set(local);
  return local;
}

/** A local with `base + (outer · length · inner + inner index) · bytes`. */
export function lineStart(
  f: FunctionBuilder,
  base: Local,
  line: { outer: Local; inner: Local },
  length: number,
  inner: number,
  bytes: number,
): Local {
  const start = f.local("i32", "line");
  f.get(base)
    .get(line.outer)
    .i32(length * inner)
    .op("i32.mul")
    .get(line.inner)
    .op("i32.add")
    .i32(bytes)
    .op("i32.mul")
    .op("i32.add");
  f.set(start);
  return start;
}

/** Whether a dtype compares as unsigned. */
function compareOp(dtype: string, relation: "lt" | "gt" | "le" | "ge"): OpName {
  if (dtype === "float32") return `f32.${relation}`;
  return dtype === "int32" ? `i32.${relation}_s` : `i32.${relation}_u`;
}

/** Position of the first largest (smallest) element; the first NaN wins. */
export function emitArgument(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const [x] = kernel.operands;
  const { axis } = kernel.params as { axis: number };
  const { length, inner } = around(x.shape, axis);
  const elements = elementsOf(x.dtype);
  const notBetter = compareOp(x.dtype, kernel.primitive.name === "argmax" ? "le" : "ge");
  const best = elements.local(f, "best");
  const value = elements.local(f, "value");
  const position = f.local("i32", "position");
  overLines(
    f,
    x.shape,
    axis,
    (line) => {
      const start = lineStart(
        f,
        pointers.get(kernel.inputs[0]) as Local,
        line,
        length,
        inner,
        elements.bytes,
      );
      f.get(start);
      elements.load(f);
      f.set(best).i32(0).set(position);
      forRange(f, length, 1, (k) => {
        pushElement(f, start, k, inner * elements.bytes);
        elements.load(f);
        f.tee(value).get(best).op(notBetter).op("i32.eqz");
        if (elements.float) f.get(best).get(best).op("f32.eq").op("i32.and");
        f.if(() => f.get(value).set(best).get(k).set(position));
      });
      const target = lineStart(f, pointers.get(kernel.outputs[0]) as Local, line, 1, inner, 4);
      f.get(target).get(position).store("i32.store", 0);
    },
    part,
  );
}

/** Running sums along an axis. */
export function emitCumsum(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const [x] = kernel.operands;
  const { axis, reverse } = kernel.params as { axis: number; reverse?: boolean };
  const { length, inner } = around(x.shape, axis);
  if (length === 0) return;
  const elements = elementsOf(x.dtype);
  const total = elements.local(f, "total");
  const position = f.local("i32", "position");
  overLines(
    f,
    x.shape,
    axis,
    (line) => {
      const from = lineStart(f, pointers.get(kernel.inputs[0]) as Local, line, length, inner, elements.bytes);
      const to = lineStart(f, pointers.get(kernel.outputs[0]) as Local, line, length, inner, elements.bytes);
      if (elements.float) f.f32(0).set(total);
      else f.i32(0).set(total);
      forRange(f, length, 1, (k) => {
        if (reverse)
          f.i32(length - 1)
            .get(k)
            .op("i32.sub")
            .set(position);
        else f.get(k).set(position);
        pushElement(f, to, position, inner * elements.bytes);
        f.get(total);
        pushElement(f, from, position, inner * elements.bytes);
        elements.load(f);
        f.op(elements.float ? "f32.add" : "i32.add").tee(total);
        elements.store(f);
      });
    },
    part,
  );
}

/**
 * Pushes whether the element at position `p` comes after that at `q`: by value, NaN last, equal ones by position. A total
 * order, so any sorting method gives the same result as a stable one.
 */
export function pushComesAfter(
  f: FunctionBuilder,
  order: { dtype: string; descending: boolean; elements: Elements; start: Local; step: number },
  p: Local,
  q: Local,
): void {
  const { elements, start, step, dtype, descending } = order;
  const a = elements.local(f, "a");
  const b = elements.local(f, "b");
  pushElement(f, start, p, step);
  elements.load(f);
  f.set(a);
  pushElement(f, start, q, step);
  elements.load(f);
  f.set(b);
  // strictly after
  f.get(a)
    .get(b)
    .op(compareOp(dtype, descending ? "lt" : "gt"));
  if (elements.float) {
    // NaN after anything that is not NaN
    f.get(a).get(a).op("f32.ne").get(b).get(b).op("f32.eq").op("i32.and").op("i32.or");
  }
  // or equal (or both NaN) and further back
  f.get(a)
    .get(b)
    .op(elements.float ? "f32.eq" : "i32.eq");
  if (elements.float) f.get(a).get(a).op("f32.ne").get(b).get(b).op("f32.ne").op("i32.and").op("i32.or");
  f.get(p).get(q).op("i32.gt_s").op("i32.and").op("i32.or");
}

/** Heap sort of positions, then the values in that order. */
export function emitSort(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const [x] = kernel.operands;
  const { axis, descending = false } = kernel.params as { axis: number; descending?: boolean };
  const { length, inner } = around(x.shape, axis);
  if (length === 0) return;
  const elements = elementsOf(x.dtype);
  const step = inner * elements.bytes;
  const places = inner * 4;
  overLines(
    f,
    x.shape,
    axis,
    (line) => {
      const start = lineStart(
        f,
        pointers.get(kernel.inputs[0]) as Local,
        line,
        length,
        inner,
        elements.bytes,
      );
      const sorted = lineStart(
        f,
        pointers.get(kernel.outputs[0]) as Local,
        line,
        length,
        inner,
        elements.bytes,
      );
      const positions = lineStart(f, pointers.get(kernel.outputs[1]) as Local, line, length, inner, 4);
      const order = { dtype: x.dtype, descending, elements, start, step };
      const loadPlace = (index: Local, into: Local) => {
        pushElement(f, positions, index, places);
        f.load("i32.load", 0).set(into);
      };
      forRange(f, length, 1, (k) => {
        pushElement(f, positions, k, places);
        f.get(k).store("i32.store", 0);
      });
      const root = f.local("i32", "root");
      const child = f.local("i32", "child");
      const next = f.local("i32", "next");
      const size = f.local("i32", "size");
      const p = f.local("i32", "p");
      const q = f.local("i32", "q");
      /** Of two places the first one's element is `p`, the second one's `q`. */
      const exchange = (first: Local, second: Local) => {
        pushElement(f, positions, first, places);
        f.get(q).store("i32.store", 0);
        pushElement(f, positions, second, places);
        f.get(p).store("i32.store", 0);
      };
      /** Moves the element at `root` down until no child comes after it. */
      const sift = () => {
        f.block((done) => {
          f.loop((again) => {
            f.get(root)
              .i32(1)
              .op("i32.shl")
              .i32(1)
              .op("i32.add")
              .tee(child)
              .get(size)
              .op("i32.ge_s")
              .brIf(done);
            f.get(child).i32(1).op("i32.add").tee(next).get(size).op("i32.lt_s");
            f.if(() => {
              loadPlace(next, p);
              loadPlace(child, q);
              pushComesAfter(f, order, p, q);
              f.if(() => f.get(next).set(child));
            });
            loadPlace(root, p);
            loadPlace(child, q);
            pushComesAfter(f, order, p, q);
            f.brIf(done);
            exchange(root, child);
            f.get(child).set(root).br(again);
          });
        });
      };
      f.i32(length).set(size);
      const half = Math.max(Math.floor(length / 2), 1);
      forRange(f, half, 1, (k) => {
        f.i32(half - 1)
          .get(k)
          .op("i32.sub")
          .set(root);
        sift();
      });
      const end = f.local("i32", "end");
      forRange(f, length, 1, (k) => {
        f.i32(length - 1)
          .get(k)
          .op("i32.sub")
          .tee(end)
          .set(size);
        f.i32(0).set(root);
        loadPlace(root, p);
        loadPlace(end, q);
        exchange(root, end);
        sift();
      });
      forRange(f, length, 1, (k) => {
        pushElement(f, sorted, k, step);
        loadPlace(k, p);
        pushElement(f, start, p, step);
        elements.load(f);
        elements.store(f);
      });
    },
    part,
  );
}
