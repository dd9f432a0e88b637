import type { PlainKernel } from "../../../compiler/kernel.js";
import { GROUPS, PARITY, type RandomBitsParams, ROTATIONS } from "../../../primitives/randomBits.js";
import { storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { type Part, separate } from "../loops.js";

/**
 * Vectors computed side by side. The rounds of one are a chain of 60 instructions that wait for each other, more than a
 * core can look past to begin with the next vector.
 */
const TOGETHER = 6;

/** Vectors of four words, several of which take turns after each group of rounds. */
export function emitRandomBits(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { size } = kernel.params as RandomBitsParams;
  if (size === 0) return;
  const key = pointers.get(kernel.inputs[0]) as Local;
  const result = pointers.get(kernel.outputs[0]) as Local;
  const at = f.local("i32", "at");
  const end = f.local("i32", "end");
  const to = f.local("i32", "to");
  // a part may count rows of equal length
  const unit = part ? size / part.extent : size;
  if (part) f.get(part.from).i32(unit).op("i32.mul").set(at).get(part.to).i32(unit).op("i32.mul").set(end);
  else f.i32(0).set(at).i32(size).set(end);
  f.get(result).get(at).i32(4).op("i32.mul").op("i32.add").set(to);

  const keys = [0, 1, 2].map(() => f.local("v128", "key"));
  for (const i of [0, 1])
    f.get(key)
      .load("v128.load32_splat", i * 4)
      .set(keys[i]);
  f.get(keys[0]).get(keys[1]).op("v128.xor").v128i32(PARITY).op("v128.xor").set(keys[2]);
  const sums = Array.from({ length: GROUPS }, (_, group) => {
    const sum = f.local("v128", "sum");
    f.get(keys[(group + 2) % 3])
      .v128i32(group + 1)
      .op("i32x4.add")
      .set(sum);
    return sum;
  });

  const x0 = Array.from({ length: TOGETHER }, () => f.local("v128", "x0"));
  const x1 = Array.from({ length: TOGETHER }, () => f.local("v128", "x1"));
  const compute = (vectors: number) => {
    for (let v = 0; v < vectors; v++) {
      f.get(keys[0]).set(x0[v]);
      f.get(at)
        .op("i32x4.splat")
        .v128i32([0, 1, 2, 3].map((lane) => 4 * v + lane));
      f.op("i32x4.add").get(keys[1]).op("i32x4.add").set(x1[v]);
    }
    f.block((exit) => {
      for (let group = 0; group < GROUPS; group++) {
        for (let v = 0; v < vectors; v++) {
          for (const bits of ROTATIONS[group % ROTATIONS.length]) {
            f.get(x0[v]).get(x1[v]).op("i32x4.add").set(x0[v]);
            pushRotated(f, x1[v], bits);
            f.get(x0[v]).op("v128.xor").set(x1[v]);
          }
          f.get(x0[v])
            .get(keys[(group + 1) % 3])
            .op("i32x4.add")
            .set(x0[v]);
          f.get(x1[v]).get(sums[group]).op("i32x4.add").set(x1[v]);
        }
        if (vectors > 1 && group < GROUPS - 1) separate(f, exit);
      }
    });
    for (let v = 0; v < vectors; v++) f.get(x0[v]).get(x1[v]).op("v128.xor").set(x0[v]);
  };
  /** As long as there are `vectors` whole vectors. */
  const whileWhole = (vectors: number) =>
    f.block((done) => {
      f.loop((again) => {
        f.get(at)
          .i32(4 * vectors)
          .op("i32.add")
          .get(end)
          .op("i32.gt_u")
          .brIf(done);
        compute(vectors);
        for (let v = 0; v < vectors; v++) storeWords(f, to, x0[v], 16 * v, 4);
        f.get(at)
          .i32(4 * vectors)
          .op("i32.add")
          .set(at);
        f.get(to)
          .i32(16 * vectors)
          .op("i32.add")
          .set(to);
        f.br(again);
      });
    });
  whileWhole(TOGETHER);
  whileWhole(1);
  if (unit % 4 === 0) return;
  f.get(end).get(at).op("i32.sub").tee(end);
  f.if(() => {
    compute(1);
    for (const rest of [1, 2, 3]) {
      f.get(end).i32(rest).op("i32.eq");
      f.if(() => storeWords(f, to, x0[0], 0, rest));
    }
  });
}

/** Pushes a vector with each lane rotated to the left. */
function pushRotated(f: FunctionBuilder, x: Local, bits: number): void {
  if (bits % 8 === 0) {
    const byte = (i: number) => (i & ~3) + ((i - bits / 8) & 3);
    f.get(x)
      .get(x)
      .shuffle(Array.from({ length: 16 }, (_, i) => byte(i)));
    return;
  }
  f.get(x).i32(bits).op("i32x4.shl");
  f.get(x)
    .i32(32 - bits)
    .op("i32x4.shr_u")
    .op("v128.or");
}
