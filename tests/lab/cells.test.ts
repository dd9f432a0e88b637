import { describe, expect, it } from "vitest";
import { compileCell } from "../../lab/src/engine/cellCode.js";
import { CellSyntaxError } from "../../lab/src/engine/cellSyntaxError.js";
import { describeError, runCell, valueOf } from "../../lab/src/engine/scope.js";

const modules = { keratin: { Sequential: "the class" }, lab: { table: () => "a table" } };
const run = (source: string, id = "test") => runCell(id, source, modules);

describe("cells", () => {
  it("share what they declare at their top level, in every form", async () => {
    await run(
      "const a: number = 1, { b, ...rest } = { b: 2, c: 3 }; let [d, e = 5] = [4]; var f; function g() { return a }",
    );
    await run("class H { value = g() + b } async function i(): Promise<number> { return d + e }");
    expect(await run("[a, b, rest.c, d, e, f, g(), new H().value, await i()]")).toEqual([
      1,
      2,
      3,
      4,
      5,
      undefined,
      1,
      3,
      9,
    ]);
  });

  it("may declare a name again, and keep what is declared inside of blocks to themselves", async () => {
    await run("const again = 1; { const inner = 2; void inner; } for (let j = 0; j < 3; j++) {}");
    expect(await run("const again = 2; again")).toBe(2);
    await expect(run("inner")).rejects.toThrow(ReferenceError);
    await expect(run("j")).rejects.toThrow(ReferenceError);
  });

  it("have the value of their last expression, and none after a declaration", async () => {
    expect(await run("1 + 1;")).toBe(2);
    expect(await run("({ x: 1 })")).toEqual({ x: 1 });
    expect(await run("await Promise.resolve(3) // three")).toBe(3);
    expect(await run("const value = 4")).toBeUndefined();
    expect(await run("")).toBeUndefined();
  });

  it("import from the library and the lab, and from nowhere else", async () => {
    await run(
      'import { Sequential as S } from "keratin";\nimport * as lab from "lab";\nimport type { Nothing } from "keratin";',
    );
    expect(await run("[S, lab.table()]")).toEqual(["the class", "a table"]);
    await expect(run('import { x } from "https://example.com/x.js"')).rejects.toThrow(/"keratin" and "lab"/);
    await expect(run('import { Sequentail } from "keratin"')).rejects.toThrow(/no export named `Sequentail`/);
    await expect(run("export const x = 1")).rejects.toThrow(/exports nothing/);
  });

  it("keep their lines, so that an error knows its own", async () => {
    const failing = async (source: string) => {
      try {
        await run(source, "lines");
      } catch (error) {
        return describeError("lines", error);
      }
      throw new Error("It should have failed.");
    };
    expect(await failing("const a = 1;\n\nconst\n  b = 2;\nnull.x")).toMatchObject({ line: 5 });
    expect(await failing('import {\n  table,\n} from "lab";\nthrow new Error("here")')).toEqual({
      message: "here",
      line: 4,
      column: expect.any(Number),
    });
    expect(await failing("const a = 1;\nconst b = ;")).toMatchObject({ line: 2 });
    expect(await failing("interface A { x: number }\nlet y: A = { x: 1 };\ny.z.w")).toMatchObject({
      line: 3,
    });
    expect(await failing("throw 'text'")).toEqual({ message: "Thrown: text" });
  });

  it("are strict, so that a misspelt name is an error", async () => {
    await expect(run("mispelt = 1")).rejects.toThrow(ReferenceError);
    expect(valueOf("mispelt")).toBeUndefined();
  });

  it("say where their text is wrong", () => {
    expect(() => compileCell("const = 1")).toThrow(CellSyntaxError);
    expect(() => compileCell("await (")).toThrow(CellSyntaxError);
  });
});
