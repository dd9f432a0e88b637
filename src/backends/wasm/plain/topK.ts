import type { PlainKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forRange, type Part } from "../loops.js";
import { around, elementsOf, pushElement } from "./elements.js";
import { lineStart, overLines, pushComesAfter } from "./ordering.js";

/** The `k` largest along the last axis: each time the first of what comes after the one before. */
export function emitTopK(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const [x] = kernel.operands;
  const { k: count } = kernel.params as { k: number };
  const axis = x.shape.length - 1;
  const { length } = around(x.shape, axis);
  if (length === 0 || count === 0) return;
  const elements = elementsOf(x.dtype);
  const last = f.local("i32", "last");
  const best = f.local("i32", "best");
  overLines(
    f,
    x.shape,
    axis,
    (line) => {
      const start = lineStart(f, pointers.get(kernel.inputs[0]) as Local, line, length, 1, elements.bytes);
      const values = lineStart(f, pointers.get(kernel.outputs[0]) as Local, line, count, 1, elements.bytes);
      const positions = lineStart(f, pointers.get(kernel.outputs[1]) as Local, line, count, 1, 4);
      const order = { dtype: x.dtype, descending: true, elements, start, step: elements.bytes };
      f.i32(-1).set(last);
      forRange(f, count, 1, (n) => {
        f.i32(-1).set(best);
        forRange(f, length, 1, (candidate) => {
          f.block((skip) => {
            f.get(last)
              .i32(0)
              .op("i32.ge_s")
              .if(() => {
                pushComesAfter(f, order, candidate, last);
                f.op("i32.eqz").brIf(skip);
              });
            f.get(best)
              .i32(0)
              .op("i32.ge_s")
              .if(() => {
                pushComesAfter(f, order, candidate, best);
                f.brIf(skip);
              });
            f.get(candidate).set(best);
          });
        });
        pushElement(f, positions, n, 4);
        f.get(best).store("i32.store", 0);
        pushElement(f, values, n, elements.bytes);
        pushElement(f, start, best, elements.bytes);
        elements.load(f);
        elements.store(f);
        f.get(best).set(last);
      });
    },
    part,
  );
}
