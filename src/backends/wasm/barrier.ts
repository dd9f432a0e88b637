import type { FunctionRef, ModuleBuilder } from "./assembler/index.js";

/** The words that a barrier uses, each in a cache line of its own: bytes from the start of the pool's control block. */
export const BARRIER = { arrived: 0, generation: 64, sleeping: 128 } as const;

/** Looks at the generation before a thread goes to sleep: about as long as a few wake-ups take. */
const SPINS = 50_000;
/** How long a thread sleeps before it looks after the others, in nanoseconds. */
const PATIENCE = 20_000_000n;

/**
 * `barrier(threads)`: returns when all threads have called it. A thread looks again and again for a short while, since
 * the others are usually less than a microsecond away, then sleeps. `waiting` is called between sleeps and throws
 * when a thread has died.
 */
export function emitBarrier(module: ModuleBuilder): FunctionRef {
  const control = module.importGlobal("keratin", "control", "i32");
  // waiting is not allowed on a page's main thread
  const canSleep = module.importGlobal("keratin", "canSleep", "i32");
  const waiting = module.importFunction("keratin", "waiting", { parameters: [], results: [] });
  return module.function("barrier", [["threads", "i32"]], [], (f, threads) => {
    const generation = f.local("i32", "generation");
    const spins = f.local("i32", "spins");
    f.block((done) => {
      f.get(threads).i32(1).op("i32.eq").brIf(done);
      f.globalGet(control).atomic("i32.atomic.load", BARRIER.generation).set(generation);
      f.globalGet(control).i32(1).atomic("i32.atomic.rmw.add", BARRIER.arrived);
      f.i32(1).op("i32.add").get(threads).op("i32.eq");
      f.if(() => {
        // the last one lets the others go
        f.globalGet(control).i32(0).atomic("i32.atomic.store", BARRIER.arrived);
        f.globalGet(control).get(generation).i32(1).op("i32.add");
        f.atomic("i32.atomic.store", BARRIER.generation);
        f.globalGet(control).atomic("i32.atomic.load", BARRIER.sleeping);
        f.if(() => f.globalGet(control).i32(-1).atomic("memory.atomic.notify", BARRIER.generation).drop());
        f.br(done);
      });
      const unchanged = () =>
        f.globalGet(control).atomic("i32.atomic.load", BARRIER.generation).get(generation).op("i32.eq");
      f.loop((sleepAgain) => {
        f.i32(SPINS).set(spins);
        f.loop((spin) => {
          unchanged();
          f.op("i32.eqz").brIf(done);
          f.get(spins).i32(1).op("i32.sub").tee(spins).brIf(spin);
        });
        f.globalGet(canSleep).if(() => {
          f.globalGet(control).i32(1).atomic("i32.atomic.rmw.add", BARRIER.sleeping).drop();
          f.globalGet(control).get(generation).i64(PATIENCE);
          f.atomic("memory.atomic.wait32", BARRIER.generation).drop();
          f.globalGet(control).i32(1).atomic("i32.atomic.rmw.sub", BARRIER.sleeping).drop();
        });
        unchanged();
        f.op("i32.eqz").brIf(done);
        f.call(waiting).br(sleepAgain);
      });
    });
  });
}
