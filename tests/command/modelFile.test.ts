import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCommand, folderWith, keratin, scratch, smallMnist } from "./command.js";

let data: string;
beforeAll(async () => {
  await buildCommand();
  data = folderWith("mnist", smallMnist());
  const args = [
    "--data",
    data,
    "--models",
    "multinom",
    "--epochs",
    "2",
    "--verbose",
    "0",
    "--out",
    "trained",
  ];
  expect((await keratin(["practical", ...args])).code).toBe(0);
});

describe("a saved model", () => {
  it("shows its summary", async () => {
    const { code, stdout, stderr } = await keratin(["summary", "trained/multinom.keras"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Model: "sequential"\n┏━+/);
    // with the optimizer's state, which the file holds
    expect(stdout).toContain(" Optimizer params: 15,702 (61.34 KB)");
  });

  it("is evaluated to the figures that the practical had", async () => {
    const practical = await keratin(["evaluate", "trained/multinom.keras", "--data", data, "--json"]);
    expect({ code: practical.code, stderr: practical.stderr }).toEqual({ code: 0, stderr: "" });
    const { loss, accuracy } = JSON.parse(practical.stdout);
    const { default: report } = await import(join(scratch, "trained", "report.json"), {
      with: { type: "json" },
    });
    expect({ loss, accuracy }).toEqual(report.models[0].test);
  });

  it.each([
    [
      "is not there",
      "nowhere.keras",
      "There is no file nowhere.keras. Name a saved model, such as report/cnn.keras",
    ],
    ["is something else", "text.keras", "text.keras"],
  ])("gets one clear message when it %s", async (_, name, message) => {
    writeFileSync(join(scratch, "text.keras"), "no archive");
    const { code, stdout, stderr } = await keratin(["summary", name]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^keratin: .*\n$/);
  });
});
