import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FigureData, reportHtml } from "../../cli/practical/html.js";
import type { ModelReport, Report } from "../../cli/practical/report.js";
import { executablePath, launch } from "../../scripts/chromium.mjs";

const wave = (count: number, step: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * step));
const model = (name: string, accuracy: number): ModelReport => ({
  name,
  parameters: 7850,
  trainableParameters: 7850,
  history: { accuracy: [0.8, 0.9], loss: [0.7, 0.4], val_accuracy: [0.85, 0.91], val_loss: [0.5, 0.41] },
  test: { loss: 0.3, accuracy },
  confusion: Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 10 }, (_, column) => (row === column ? 900 : (row * 7 + column) % 12)),
  ),
  weightsSha256: "0".repeat(64),
  seconds: { fit: 12.3, predict: 0.4 },
  microsecondsPerStep: 256,
});
const report: Report = {
  keratin: "0.1.0",
  seed: 45,
  epochs: 2,
  batchSize: 32,
  validationSplit: 0.2,
  data: { source: "here", train: 60000, test: 10000, labelCounts: [5, 6, 5, 6, 5, 5, 5, 6, 5, 5] },
  models: [model("multinom", 0.92), model("cnn_2", 0.98), model("mine <b>", 0.97)],
};
const mistake = {
  pixels: wave(784, 0.1).map((v) => Math.max(0, v)),
  truth: 5,
  predicted: 3,
  probability: 0.98,
};
const figures: FigureData = {
  digit: wave(784, 0.3).map((v) => Math.abs(v) * 255),
  label: 5,
  models: {
    multinom: {
      mistakes: Array(24).fill(mistake),
      kernel: { name: "dense", shape: [784, 64], values: wave(784 * 64, 0.01) },
      description: "Every pixel speaks for or against each digit.",
      published: 0.9259,
      parameters: ["dense: 784 × 10 weights + 10 biases = 7,850"],
    },
    cnn_2: {
      mistakes: [mistake],
      kernel: { name: "conv2d", shape: [3, 3, 1, 6], values: wave(54, 0.5) },
      description: "Filters over filters.",
      published: 0.9829,
      parameters: ["conv2d: 3 × 3 weights × 1 channel × 6 filters + 6 biases = 60"],
    },
    "mine <b>": {
      mistakes: [],
      kernel: undefined,
      parameters: [],
      description: "Your own model, from mine <b>.ts.",
      published: undefined,
    },
  },
};

const folder = mkdtempSync(join(tmpdir(), "keratin-report-"));
const file = join(folder, "report.html");
let browser: Browser | undefined;
beforeAll(async () => {
  writeFileSync(file, reportHtml(report, figures));
  if (executablePath) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(executablePath)("the report in Chromium", () => {
  it.each([
    ["a phone", 360, "light"],
    ["a phone at night", 360, "dark"],
    ["a screen", 1280, "light"],
  ] as const)("fits %s, needs nothing from elsewhere, and can be read", async (_, width, colorScheme) => {
    const page = await (browser as Browser).newPage({ viewport: { width, height: 800 }, colorScheme });
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (request.url() !== pathToFileURL(file).href && !request.url().startsWith("data:"))
        foreign.push(request.url());
    });
    page.on("console", (message) => foreign.push(message.text()));
    page.on("pageerror", (error) => foreign.push(String(error)));
    await page.goto(pathToFileURL(file).href);
    const found = await page.evaluate(() => {
      const body = getComputedStyle(document.body);
      return {
        overflow: document.documentElement.scrollWidth - innerWidth,
        text: body.color,
        paper: body.backgroundColor,
        sections: [...document.querySelectorAll("section")].map(({ id }) => id),
        // every figure is drawn, and says in words what it shows
        silent: [...document.querySelectorAll("svg")].filter(
          (svg) => !svg.getAttribute("aria-label") || svg.getBoundingClientRect().height < 10,
        ).length,
        figures: document.querySelectorAll("svg").length,
        mistakes: document.querySelectorAll("#multinom .tiles li").length,
        scripts: document.scripts.length,
        open: document.querySelectorAll("details[open]").length,
        questions: document.querySelectorAll("details").length,
        broken: document.querySelectorAll("main b").length,
        nowhere: [...document.querySelectorAll("nav a")].filter(
          (a) => !document.getElementById(decodeURIComponent((a as HTMLAnchorElement).hash.slice(1))),
        ).length,
      };
    });
    await page.close();
    expect(foreign).toEqual([]);
    expect(found).toMatchObject({
      overflow: 0,
      sections: ["data", "multinom", "cnn_2", "mine <b>", "comparison"],
      silent: 0,
      mistakes: 24,
      scripts: 0,
      open: 0,
      broken: 0,
      nowhere: 0,
    });
    expect(found.questions).toBeGreaterThan(8);
    expect(found.figures).toBeGreaterThan(30);
    const light = (colour: string) => Number(/\d+/.exec(colour)?.[0]);
    expect(light(found.paper) > light(found.text)).toBe(colorScheme === "light");
  });

  it("is printed on white paper, two pages a model", async () => {
    const page = await (browser as Browser).newPage({ colorScheme: "dark" });
    await page.goto(pathToFileURL(file).href);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      "rgb(255, 255, 255)",
    );
    const pdf = await page.pdf({ format: "A4" });
    await page.close();
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThanOrEqual(5);
    expect(pages).toBeLessThanOrEqual(8);
  });
});
