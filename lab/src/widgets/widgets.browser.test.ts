import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const executablePath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path && existsSync(path));

/** The strictest policy that the lab may have. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'";

async function gallery(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { gallery: "lab/src/widgets/gallery.ts", tokens: "lab/src/style/tokens.css" },
    outdir: "out",
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    alias: { keratin: `${root}src/index.ts`, "#platform": `${root}src/runtime/platform/browser.ts` },
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf("/") + 1), text]));
}

const HTML = `<!doctype html><html lang="en"><head><title>Widgets</title><link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="gallery.css"><script type="module" src="gallery.js"></script></head><body><main></main></body></html>`;

describe.skipIf(!executablePath)("the widgets in Chromium, under a strict content security policy", () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const files = await gallery();
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    });
    page = await browser.newPage({ viewport: { width: 800, height: 900 } });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.route("**/*", (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === "")
        return route.fulfill({
          body: HTML,
          contentType: "text/html",
          headers: { "content-security-policy": POLICY },
        });
      const body = files.get(name);
      if (body === undefined) return route.fulfill({ status: 204 });
      return route.fulfill({ body, contentType: name.endsWith(".css") ? "text/css" : "text/javascript" });
    });
    await page.goto("http://lab.test/");
    await page.waitForSelector("#digitPad svg.figure");
  });

  afterAll(() => browser?.close());

  const widget = (name: string) => page.locator(`#${name}`);
  const focused = (selector: string) =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

  it("are quiet: no violation of the policy, no error, no warning", () => {
    expect(complaints).toEqual([]);
  });

  it("have nothing wider than a small phone", async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBe(0);
    await page.setViewportSize({ width: 800, height: 900 });
  });

  it("parameter drawing: follows the cursor and the arrow keys", async () => {
    const drawing = widget("parameterDrawing").locator(".figure");
    await widget("parameterDrawing").locator("tbody tr").nth(6).hover();
    expect(await drawing.getAttribute("aria-label")).toContain("300 × 32 units + 32 biases = 9,632");
    await widget("parameterDrawing").locator("tbody button").nth(6).focus();
    await page.keyboard.press("ArrowDown");
    expect(await drawing.getAttribute("aria-label")).toContain("32 × 10 units + 10 biases = 330");
    await page.keyboard.press("Home");
    expect(await drawing.getAttribute("aria-label")).toContain("3 × 3 × 1 × 6 filters + 6 biases = 60");
  });

  it("digit pad: reads what the mouse draws, and what is drawn with keys", async () => {
    const pad = widget("digitPad");
    const says = () => pad.locator(".digitPad-says").allTextContents();
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.locator(".digitPad-sheet").boundingBox();
    if (!box) throw new Error("no sheet");
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(0.28, 0.24));
    await page.mouse.down();
    await page.mouse.move(...at(0.7, 0.22), { steps: 8 });
    await page.mouse.move(...at(0.46, 0.8), { steps: 8 });
    await page.mouse.up();
    await expect.poll(says).toEqual(["7", "7", "7", "7", "7"]);
    expect(await pad.locator(".digitPad-seen path").count()).toBeGreaterThan(2);

    await pad.getByRole("button", { name: "Clear" }).click();
    await expect.poll(says).toEqual([]);
    expect(await pad.textContent()).toContain("Draw a digit from 0 to 9.");

    await pad.locator(".digitPad-sheet").focus();
    for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    for (let i = 0; i < 14; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await expect.poll(says).toEqual(["1", "1", "1", "1", "1"]);
    await expect.poll(() => pad.getByRole("status").textContent()).toContain("cnn reads 1,");
    await page.keyboard.press("Delete");
    await expect.poll(says).toEqual([]);
  });

  it("confusion matrix: a cell shows its digits, by mouse and by keys", async () => {
    const matrix = widget("confusion");
    await matrix.locator('[data-predicted="0"][data-true="1"]').click();
    await expect.poll(() => matrix.locator("li").count()).toBe(20);
    expect(await matrix.getByRole("status").textContent()).toBe("A 1 was read as 0 20 times:");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowLeft");
    expect(await focused('[data-predicted="1"][data-true="0"]')).toBe(true);
    await page.keyboard.press("Enter");
    await expect.poll(() => matrix.getByRole("status").textContent()).toBe("A 0 was read as 1 once:");
    expect(await matrix.locator('[aria-pressed="true"]').count()).toBe(1);
  });

  it("most wrong: choosing a digit sends it through the layers", async () => {
    const before = await widget("featureMaps").locator("path").first().getAttribute("d");
    await widget("mostWrong").locator("button").nth(5).click();
    await expect.poll(() => widget("featureMaps").locator("path").first().getAttribute("d")).not.toBe(before);
  });

  it("progress: can be stopped and goes on", async () => {
    const bar = widget("progress");
    await bar.getByRole("button", { name: "Stop" }).click();
    await expect.poll(() => bar.textContent()).toContain("cnn stopped in epoch 5 of 10");
    await bar.getByRole("button", { name: "Go on" }).click();
    await expect.poll(() => bar.textContent()).toContain("time left");
  });

  it("exercise: says what is missing, keeps hint and solution folded", async () => {
    const [first, second] = [widget("exercise").first(), page.locator(".exercise-passed")];
    expect(await first.getByRole("status").textContent()).toContain(
      "Not yet.improved has not been trained yet",
    );
    expect(await first.locator("pre").isVisible()).toBe(false);
    expect(await second.getByRole("status").textContent()).toContain("Solved.");
    await first.getByRole("button", { name: "Check" }).click();
    expect(await first.getByRole("status").textContent()).toBe("Checking …");
  });

  it("while a model trains: draw what is in view, and nothing else", async () => {
    await page.goto("http://lab.test/?again#train");
    const line = page.locator(".liveCurves-line").first();
    await widget("liveCurves").scrollIntoViewIfNeeded();
    await expect.poll(() => line.getAttribute("d")).toMatch(/^M.*L/);
    // what cannot be seen is not drawn
    const filters = () => widget("filters").locator("path").first().getAttribute("d");
    await page.locator("#exercise").last().scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    const before = await filters();
    await page.waitForTimeout(500);
    expect(await filters()).toBe(before);
    expect(complaints).toEqual([]);
  });
});
