import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatTemplate, formatValue, UnknownField } from "./pythonTemplate.js";

/** `[kind, repr, spec, text]`; text is null where Python raises an error. */
type Case = readonly ["int" | "float", string, string, string | null];
const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../tests/golden/formats.json", import.meta.url), "utf8"),
);

function numberOf(repr: string): number {
  return Number(repr.replace("inf", "Infinity").replace("nan", "NaN"));
}

describe("format", () => {
  it(`gives what Python gives (${cases.length} cases)`, () => {
    const differing = cases.flatMap(([kind, repr, spec, expected]) => {
      const value = numberOf(repr);
      let text: string | null;
      try {
        text = formatValue(kind === "int" ? { integer: value } : value, spec);
      } catch {
        text = null;
      }
      return text === expected ? [] : [{ kind, repr, spec, expected, text }];
    });
    expect(differing).toEqual([]);
  });

  it("formats strings", () => {
    expect(formatValue("adam", ">6")).toBe("  adam");
    expect(formatValue("adam", ".2")).toBe("ad");
    expect(() => formatValue("adam", ".2f")).toThrow("Unknown format code 'f'");
  });
});

describe("templates", () => {
  it("fill in names, and keep doubled braces", () => {
    expect(
      formatTemplate("{{x}}/{epoch:02d}-{val_loss:.2f}.keras", { epoch: { integer: 3 }, val_loss: 0.125 }),
    ).toBe("{x}/03-0.12.keras");
  });

  it("say what is unknown or malformed", () => {
    expect(() => formatTemplate("{loss:.2f}", {})).toThrow(new UnknownField("loss"));
    expect(() => formatTemplate("{epoch", { epoch: 1 })).toThrow("Single '{' encountered");
    expect(() => formatTemplate("{epoch:.2q}", { epoch: 1 })).toThrow("Unknown format code 'q'");
  });
});
