import { describe, expect, it } from "vitest";
import type { FunctionBuilder, FunctionType, Label, Local, ValueType } from "./index.js";
import { ModuleBuilder } from "./index.js";
import { printModule } from "./text.js";

const memory = new WebAssembly.Memory({ initial: 1 });
const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });

type Exports = Record<string, (...values: (number | bigint)[]) => number | bigint | undefined>;

function instantiate(module: ModuleBuilder, env: WebAssembly.ModuleImports = {}): Exports {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
    env: { memory, ...env },
  });
  return instance.exports as Exports;
}

/** A module of one exported function `f` with i32 parameters. */
function single(
  count: number,
  results: readonly ValueType[],
  build: (f: FunctionBuilder, ...parameters: Local[]) => void,
): Exports[string] {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  const parameters = Array.from({ length: count }, (_, index) => [`p${index}`, "i32"] as const);
  module.function("f", parameters, results, build, { export: "f" });
  return instantiate(module).f;
}

describe("ModuleBuilder", () => {
  it("keeps functions, imports and types apart, whatever the order they are added in", () => {
    const module = new ModuleBuilder();
    const unary: FunctionType = { parameters: ["f32"], results: ["f32"] };
    const half = module.function("half", [["x", "f32"]], ["f32"], (f, x) => f.get(x).f32(0.5).op("f32.mul"));
    const twice = module.importFunction("env", "twice", unary);
    const base = module.importGlobal("env", "base", "f32");
    const other = module.importGlobal("env", "other", "i32");
    module.function(
      "all",
      [["x", "f32"]],
      ["f32"],
      (f, x) =>
        f
          .get(x)
          .call(twice)
          .call(twice)
          .call(half)
          .globalGet(base)
          .op("f32.add")
          .globalGet(other)
          .op("i32x4.splat")
          .op("f32x4.convert_i32x4_s")
          .lane("f32x4.extract_lane", 0)
          .op("f32.add"),
      { export: "run" },
    );
    const { run } = instantiate(module, { twice: (x: number) => 2 * x, base: 100, other: 1000 });
    expect(run(3)).toBe(1106);
  });

  it("names functions in stack traces", () => {
    const module = new ModuleBuilder();
    module.function("kernel_7", [], [], (f) => f.op("unreachable"), { export: "f" });
    const { f } = instantiate(module);
    let stack: string | undefined;
    try {
      f();
    } catch (error) {
      stack = (error as Error).stack;
    }
    expect(stack).toContain("kernel_7");
  });

  it("refuses what belongs to another module, a second memory, and shared memory without a maximum", () => {
    const one = new ModuleBuilder();
    const two = new ModuleBuilder();
    const alien = one.function("alien", [], [], () => {});
    two.function("user", [], [], (f) => f.call(alien));
    expect(() => two.encode()).toThrow("`user` uses the function `alien`, which belongs to another module");
    one.importMemory("env", "memory", { initial: 1 });
    expect(() => one.importMemory("env", "memory", { initial: 1 })).toThrow("already has a memory");
    expect(() => two.importMemory("env", "memory", { initial: 1, shared: true })).toThrow("needs a maximum");
  });
});

describe("constants", () => {
  it.each([
    0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    8191,
    8192,
    -8192,
    -8193,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 32 - 1,
  ])("i32 %d", (value) => expect(single(0, ["i32"], (f) => f.i32(value))()).toBe(value | 0));
  it.each([0n, -1n, 64n, -65n, 2n ** 40n, 2n ** 63n - 1n, -(2n ** 63n)])("i64 %d", (value) =>
    expect(single(0, ["i64"], (f) => f.i64(value))()).toBe(value),
  );
  it.each([0, -0, 0.1, -1.5, 1e-45, 3.4028234663852886e38, 1e39, Number.NEGATIVE_INFINITY])(
    "f32 %d",
    (value) => expect(single(0, ["f32"], (f) => f.f32(value))()).toBe(Math.fround(value)),
  );
  it.each([0, -0, 0.1, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY])("f64 %d", (value) =>
    expect(single(0, ["f64"], (f) => f.f64(value))()).toBe(value),
  );
  it("NaN has the canonical bits", () => {
    expect(single(0, ["i32"], (f) => f.f32(Number.NaN).op("i32.reinterpret_f32"))()).toBe(0x7fc00000);
    single(0, [], (f) => f.i32(0).f64(Number.NaN).store("f64.store", 0))();
    expect(new BigUint64Array(memory.buffer, 0, 1)[0]).toBe(0x7ff8n << 48n);
  });
  it("vectors", () => {
    single(0, [], (f) => {
      f.i32(0).v128f32(-0.1).store("v128.store", 0);
      f.i32(0).v128f64(-0).store("v128.store", 16);
      f.i32(0)
        .v128i32(2 ** 32 - 2)
        .store("v128.store", 32);
      f.i32(0).v128i32([1, -2, 3, -4]).store("v128.store", 48);
    })();
    expect(new Float32Array(memory.buffer, 0, 4)).toEqual(new Float32Array(4).fill(-0.1));
    expect(new Float64Array(memory.buffer, 16, 2)).toEqual(Float64Array.of(-0, -0));
    expect(new Int32Array(memory.buffer, 32, 8)).toEqual(Int32Array.of(-2, -2, -2, -2, 1, -2, 3, -4));
  });
});

describe("memory", () => {
  const words = new Int32Array(memory.buffer);
  const fill = () => words.set([1, 2, 3, 4, 5, 6, 7, 8]);

  it("loads and stores with offsets, splats, zeros and lanes", () => {
    fill();
    single(0, [], (f) => {
      f.i32(64).i32(4).load("v128.load32_splat", 8).store("v128.store", 0);
      f.i32(64).i32(4).load("v128.load64_zero", 8, 4).store("v128.store", 16, 1);
      f.i32(64).i32(28).v128i32(9).loadLane("v128.load32_lane", 0, 2).store("v128.store", 32);
      f.i32(64).i32(0).load("v128.load", 0).storeLane("v128.store32_lane", 48, 3);
      f.i32(64).i32(0).load("v128.load", 0).storeLane("v128.store64_lane", 56, 1);
    })();
    expect([...words.slice(16, 32)]).toEqual([4, 4, 4, 4, 4, 5, 0, 0, 9, 9, 8, 9, 4, 0, 3, 4]);
  });
  it("extracts, replaces and shuffles lanes", () => {
    fill();
    const second = single(0, ["i32"], (f) => {
      f.i32(64).i32(0).load("v128.load", 0).i32(-5).lane("i32x4.replace_lane", 1).store("v128.store", 0);
      f.i32(64).i32(0).load("v128.load", 0).i32(0).load("v128.load", 16);
      f.shuffle([12, 13, 14, 15, 16, 17, 18, 19, 0, 1, 2, 3, 28, 29, 30, 31]).store("v128.store", 16);
      f.i32(64).load("v128.load", 0).lane("i32x4.extract_lane", 1);
    })();
    expect(second).toBe(-5);
    expect([...words.slice(16, 24)]).toEqual([1, -5, 3, 4, 4, 5, 1, 8]);
  });
  it("copies and fills", () => {
    fill();
    single(0, [], (f) => f.i32(64).i32(4).i32(8).memoryCopy().i32(72).i32(1).i32(8).memoryFill())();
    expect([...words.slice(16, 20)]).toEqual([2, 3, 0x01010101, 0x01010101]);
  });
  it("works atomically on shared memory", () => {
    const module = new ModuleBuilder();
    module.importMemory("env", "memory", { initial: 1, maximum: 2, shared: true });
    module.function(
      "f",
      [],
      ["i32"],
      (f) => {
        f.i32(8).i32(40).atomic("i32.atomic.store", 4);
        f.i32(8).i32(2).atomic("i32.atomic.rmw.add", 4).drop();
        f.i32(8).i32(1).atomic("memory.atomic.notify", 4).drop();
        f.i32(8).i32(0).i64(-1n).atomic("memory.atomic.wait32", 4); // 1: the value is not 0, no waiting
        f.i32(8).atomic("i32.atomic.load", 4).op("i32.add");
      },
      { export: "f" },
    );
    expect(instantiate(module, { memory: shared }).f()).toBe(43);
  });
});

describe("control", () => {
  it("loops, breaks and continues to the right labels", () => {
    // the sum of the odd numbers below n, leaving at 100
    const sum = single(1, ["i32"], (f, n) => {
      const i = f.local("i32", "i");
      const vector = f.local("v128", "unused between the integers");
      const total = f.local("i32", "total");
      f.v128f32(1).set(vector);
      f.block((out) => {
        f.loop((again) => {
          f.get(i).get(n).op("i32.ge_s").brIf(out);
          f.get(i).i32(1).op("i32.and");
          f.if(
            () => {
              f.get(total).get(i).op("i32.add").tee(total).i32(100).op("i32.ge_s");
              f.if(() => f.br(out));
            },
            () => f.get(i).i32(1).op("i32.add").set(i).br(again),
          );
          f.get(i).i32(1).op("i32.add").set(i).br(again);
        });
      });
      f.get(total);
    });
    expect(sum(10)).toBe(25);
    expect(sum(1000)).toBe(100);
  });
  it("selects and returns", () => {
    const choose = single(1, ["i32"], (f, p) => {
      f.get(p).i32(7).op("i32.eq");
      f.if(() => f.i32(70).return());
      f.i32(1).i32(2).get(p).select();
    });
    expect([choose(7), choose(1), choose(0)]).toEqual([70, 1, 2]);
  });
});

describe("wrong immediates", () => {
  const building = (build: (f: FunctionBuilder) => void) => () =>
    new ModuleBuilder().function("g", [], [], build);
  const cases: readonly [string, (f: FunctionBuilder) => void, string][] = [
    ["i32", (f) => f.i32(1.5), "`i32.const` in the wasm function `g`, expected an integer"],
    ["i32 range", (f) => f.i32(2 ** 32), "Received: 4294967296"],
    ["lane", (f) => f.lane("f32x4.extract_lane", 4), "from 0 to 3"],
    ["store lane", (f) => f.storeLane("v128.store64_lane", 0, 2), "from 0 to 1"],
    ["offset", (f) => f.load("f32.load", -4), "from 0 to 4294967295"],
    ["alignment", (f) => f.load("f32.load", 0, 8), "a power of two up to 4"],
    ["shuffle count", (f) => f.shuffle([1, 2]), "16 byte indices"],
    ["shuffle index", (f) => f.shuffle(Array(16).fill(32)), "from 0 to 31"],
    ["vector", (f) => f.v128i32([1, 2]), "expected 4 lanes"],
  ];
  it.each(cases)("%s", (_, build, message) => expect(building(build)).toThrow(message));
  it("a label that is closed", () => {
    let closed: Label | undefined;
    expect(building((f) => f.block((label) => (closed = label)).br(closed!))).toThrow(
      "a block already closed",
    );
  });
  it("a local of another function", () => {
    let alien: Local | undefined;
    building((f) => (alien = f.local("i32", "alien")))();
    expect(building((f) => f.get(alien!).drop())).toThrow("`alien` of another function");
  });
});

it("prints the text format", () => {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1, maximum: 4, shared: true });
  const base = module.importGlobal("env", "base", "i32");
  const log = module.importFunction("env", "log", { parameters: ["f32"], results: [] });
  module.function(
    "scale rows",
    [["x", "i32"]],
    ["i32"],
    (f, x) => {
      const i = f.local("i32", "i");
      const again = f.local("i32", "i");
      f.comment("first\nsecond");
      f.block((out) => f.loop((next) => f.get(x).brIf(out).get(i).tee(again).brIf(next)));
      f.get(x).if(
        () => f.f32(-0).call(log),
        () => f.f32(Number.NEGATIVE_INFINITY).call(log),
      );
      f.get(x)
        .get(x)
        .load("v128.load", 16, 4)
        .v128f32(Number.NaN)
        .op("f32x4.mul")
        .storeLane("v128.store32_lane", 0, 2);
      f.globalGet(base);
    },
    { export: 'run "it"' },
  );
  expect(printModule(module.definition)).toBe(`(module
  (import "env" "memory" (memory 1 4 shared))
  (import "env" "base" (global $base i32))
  (import "env" "log" (func $log (param f32)))
  (func $scale_rows (export "run \\22it\\22") (param $x i32) (result i32)
    (local $i i32)
    (local $i.1 i32)
    ;; first
    ;; second
    block $block0
      loop $loop1
        local.get $x
        br_if $block0
        local.get $i
        local.tee $i.1
        br_if $loop1
      end
    end
    local.get $x
    if $if2
      f32.const -0
      call $log
    else
      f32.const -inf
      call $log
    end
    local.get $x
    local.get $x
    v128.load offset=16 align=4
    v128.const f32x4 nan nan nan nan
    f32x4.mul
    v128.store32_lane 2
    global.get $base
  )
)
`);
  expect(WebAssembly.validate(module.encode())).toBe(true);
});
