import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executablePath, launch } from "../../scripts/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
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
    browser = await launch();
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

  describe("model builder", () => {
    const code = () => widget("modelBuilder").locator("textarea").inputValue();
    const card = (name: string) => widget("modelBuilder").getByRole("group", { name, exact: true });
    const summary = () => widget("modelBuilder").getByRole("status").textContent();

    it("shows shapes and parameters, and the form changes the code", async () => {
      await expect.poll(summary).toBe("43,706 parameters in all.");
      expect(await card("Layer 2, Conv2D").textContent()).toContain("→ (26, 26, 8) · 80 params");
      await card("Layer 5, Dense").getByLabel("units").fill("64");
      expect(await code()).toContain('new layers.Dense(64, { activation: "relu" })');
      expect(await code()).toContain("// small windows");
      await card("Layer 5, Dense").getByLabel("useBias").uncheck();
      await expect.poll(code).toContain('new layers.Dense(64, { activation: "relu", useBias: false })');
      await expect.poll(summary).toBe("87,258 parameters in all.");
    });

    it("adds, moves and removes with the keyboard, which keeps its place", async () => {
      const kind = widget("modelBuilder").getByLabel("Kind of the new layer");
      await kind.focus();
      await kind.selectOption("Dropout");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Add after 5, Dense");
      await page.keyboard.press("Enter");
      expect(await code()).toContain("new layers.Dropout(0.2),\n  new layers.Dense(10");
      await card("Layer 6, Dropout").getByRole("button", { name: "Move up" }).focus();
      await page.keyboard.press("Enter");
      expect(await code()).toContain(
        "new layers.Flatten(),\n  new layers.Dropout(0.2),\n  new layers.Dense(64",
      );
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
        "Move up: Layer 5, Dropout",
      );
      await card("Layer 5, Dropout").getByRole("button", { name: "Remove" }).press("Enter");
      expect(await code()).not.toContain("Dropout");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
        "Remove: Layer 5, Dense",
      );
    });

    it("says errors where they occur, and never writes half a number into the code", async () => {
      const units = card("Layer 5, Dense").getByLabel("units");
      await units.fill("0");
      await expect.poll(() => units.getAttribute("aria-invalid")).toBe("true");
      expect(await card("Layer 5, Dense").textContent()).toContain("expected a positive integer");
      expect(await summary()).toBe("The model cannot be built: see layer 5.");
      expect(await widget("modelBuilder").getByRole("button", { name: "Race" }).isDisabled()).toBe(true);
      await units.fill("6x");
      expect(await card("Layer 5, Dense").textContent()).toContain("units should be a whole number.");
      expect(await code()).toContain("new layers.Dense(0,");
      await units.fill("32");
      await expect.poll(summary).toContain("parameters in all.");
      expect(await units.getAttribute("aria-invalid")).toBe(null);
      // two poolings too many
      await card("Layer 2, Conv2D").getByLabel("kernelSize").fill("30");
      await expect.poll(summary).toBe("The model cannot be built: see layer 2.");
      await card("Layer 2, Conv2D").getByLabel("kernelSize").fill("3");
    });

    it("changes with the code, and leaves code alone that it cannot show", async () => {
      const area = widget("modelBuilder").locator("textarea");
      await area.fill("const m = new Sequential([Input([4]), new layers.Dense(2), new layers.Softmax()]);");
      expect(await widget("modelBuilder").locator("li").count()).toBe(3);
      await area.fill("const m = new Sequential([Input([4]), new layers.Dense(2)]);");
      await expect.poll(summary).toBe("10 parameters in all.");
      const own = "const m = new Sequential([Input([4]), new layers.Dense(units)]);";
      await area.fill(own);
      expect(await widget("modelBuilder").textContent()).toContain("Line 1: units is computed, so the form");
      expect(await card("Layer 2, Dense").getByLabel("units").isDisabled()).toBe(true);
      expect(await code()).toBe(own);
    });
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
