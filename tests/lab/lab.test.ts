import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { datasets, models, type Tensor } from "keratin";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildModel, imagesFor } from "../../cli/practical/build.js";
import { practicalModels } from "../../cli/practical/models.js";
import { weightsSha256 } from "../../cli/practical/weights.js";
import { DIST, serve } from "../../lab/server.mjs";
import { executablePath, launch } from "../../scripts/chromium.mjs";
import { buildLab, LabPage, violations } from "./page.js";
import { workshopTests } from "./workshop.js";

/** All of MNIST as its authors publish it, gzipped. */
const ORIGINAL_BYTES = 9_912_422 + 28_881 + 1_648_877 + 4_542;
const LIBRARIES = (
  epochs: number,
) => `import { compare, confusion, featureMaps, mostWrong, plotDigit, structure, table } from "lab";
import { datasets, Input, layers, Sequential, utils } from "keratin";
const epochs = ${epochs};
const seed = 45;`;

describe.skipIf(executablePath === undefined)("the lab in Chromium", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  let context: BrowserContext;
  let lab: LabPage;

  beforeAll(async () => {
    await buildLab();
    server = await serve();
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    lab = await LabPage.open(context, server.address);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await lab.goTo("Practical");
  });
  // whatever a test does, the page has nothing to complain about and asks nobody else
  afterEach(() => {
    expect(lab.problems.splice(0)).toEqual([]);
    expect(lab.elsewhere).toEqual([]);
  });

  it("trains the whole practical, top to bottom, with the weights that the command's models get from the same seed", async () => {
    await lab.write("libraries", LIBRARIES(1));
    await lab.page.getByRole("button", { name: "Run all" }).click();
    await lab.finished("comparison");
    const endings = await lab.page.locator(".practical .cell-status").allTextContents();
    expect(endings.filter((ending) => !ending.startsWith("Finished in"))).toEqual([]);
    const { train } = await datasets.mnist.loadData();
    const x = train.x.div(255);
    for (const definition of practicalModels) {
      const model = await buildModel(definition, 45);
      await model.fit(imagesFor(model, x), train.y, { epochs: 1, validationSplit: 0.2, verbose: 0 });
      expect(await lab.weights(definition.name), definition.name).toBe(weightsSha256(model));
    }
  }, 120_000);

  it("shows every result as a figure with words for those who do not see it", async () => {
    for (const [cell, widget] of [
      ["multinom", "parameterDrawing"],
      ["multinom-fit", "progress"],
      ["multinom-fit", "liveCurves"],
      ["cnn-fit", "filters"],
      ["ffnn-test", "confusion"],
      ["ffnn-test", "mostWrong"],
      ["cnn_2-test", "featureMaps"],
      ["comparison", "comparison"],
    ])
      expect(await lab.cell(cell).locator(`[data-widget="${widget}"]`).count(), `${cell} ${widget}`).toBe(1);
    const unnamed = await lab.page
      .locator(".outputs svg:not([aria-label]):not([aria-hidden='true']):not([aria-labelledby])")
      .count();
    expect(unnamed).toBe(0);
    await lab
      .cell("multinom-test")
      .locator('[data-widget="confusion"] [data-predicted="3"][data-true="5"]')
      .click();
    await lab.cell("multinom-test").locator('[data-widget="confusion"] .widget-tiles svg').first().waitFor();
  });

  it("keeps the axe-core rules on every view, in light and dark", async () => {
    for (const theme of ["light", "dark"] as const) {
      await lab.page.emulateMedia({ colorScheme: theme });
      for (const view of ["Practical", "Exercises", "Build your own", "Draw a digit", "Models"]) {
        await lab.goTo(view);
        await lab.page.waitForTimeout(300);
        expect(await violations(lab.page), `${view}, ${theme}`).toEqual([]);
      }
    }
    await lab.page.emulateMedia({ colorScheme: "light" });
  });

  it("reads a drawn digit with every model, while the mouse is down", async () => {
    await lab.goTo("Draw a digit");
    const box = await lab.page.locator(".digitPad-sheet").boundingBox();
    if (!box) throw new Error("There is no sheet.");
    const to = (x: number, y: number) =>
      lab.page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 6 });
    await to(0.5, 0.15);
    await lab.page.mouse.down();
    await to(0.5, 0.85);
    await lab.page.locator(".digitPad-readings > li").nth(4).waitFor();
    await lab.page.mouse.up();
    const readings = await lab.page.locator(".digitPad-readings").textContent();
    for (const { name } of practicalModels) expect(readings).toContain(name);
  });

  it("checks exercises and says what is missing", async () => {
    await lab.goTo("Exercises");
    const exercise = lab.page.locator('[data-widget="exercise"]').first();
    const check = async () => {
      await exercise.getByRole("button", { name: "Check" }).click();
      const result = exercise.locator(".exercise-result");
      await result.filter({ hasText: /\S/, hasNotText: "Checking" }).waitFor();
      return result.textContent();
    };
    expect(await check()).toContain("There is no number multinomParameters yet");
    await lab.run("exercise-parameters");
    expect(await check()).toContain("multinomParameters is still 0");
    await lab.write(
      "exercise-parameters",
      "const multinomParameters = 7850;\nconst ffnnParameters = 50890;\nconst convParameters = 25 * 6;",
    );
    await lab.run("exercise-parameters");
    expect(await check()).toContain("convParameters is not 150");
    await exercise.locator("summary", { hasText: "Solution" }).click();
    await exercise.getByRole("button", { name: /solution/i }).click();
    await lab.run("exercise-parameters");
    expect(await check()).toContain("All right");
  });

  workshopTests(() => lab);

  it("uses a model that was trained in Python at once", async () => {
    const bytes = readFileSync(new URL("../golden/cnn.keras", import.meta.url));
    await lab.goTo("Models");
    const [chooser] = await Promise.all([
      lab.page.waitForEvent("filechooser"),
      lab.page.getByRole("button", { name: /Upload/ }).click(),
    ]);
    await chooser.setFiles({ name: "fromPython.keras", mimeType: "application/octet-stream", buffer: bytes });
    await lab.page.getByText("The model is there as fromPython.").waitFor();
    await lab.goTo("Practical");
    await lab.write(
      "counts",
      "const some = test.x.slice([0, 0, 0], [20, 28, 28]).div(255).reshape([20, 28, 28, 1]);\nString(Array.from((await fromPython.predict(some)).data))",
    );
    await lab.run("counts");
    const { test } = await datasets.mnist.loadData();
    const some = test.x.slice([0, 0, 0], [20, 28, 28]).div(255).reshape([20, 28, 28, 1]);
    const model = await models.loadModel(bytes);
    const expected = (await model.predict(some, { verbose: 0 })) as Tensor;
    expect(await lab.cell("counts").locator(".level-value").textContent()).toBe(
      String(Array.from(expected.data)),
    );
    await lab.goTo("Models");
    await lab.page.getByRole("button", { name: "Remove fromPython" }).click();
  });

  it("shows message and line of a cell that throws, and goes on", async () => {
    await lab.write("counts", "const one = 1;\n\nnull.nothing;");
    await lab.run("counts");
    expect(await lab.cell("counts").locator(".output-error").textContent()).toMatch(
      /^Line 3: TypeError: .*null/,
    );
    await lab.write("counts", "table(train.y);\none + 1");
    await lab.run("counts");
    expect(await lab.cell("counts").locator(".level-value").textContent()).toBe("2");
  });

  it("completes names from the library's declarations and underlines mistakes", async () => {
    await lab.write("counts", 'const wrong: number = "text";\nnew layers.Dens');
    await lab.page.keyboard.type("e");
    await lab.page
      .locator(".cm-tooltip-autocomplete li", { hasText: /^Dense$/ })
      .waitFor({ timeout: 30_000 });
    await lab.page.keyboard.press("Escape");
    await lab.cell("counts").locator(".cm-lintRange-error").first().waitFor({ timeout: 30_000 });
    await lab
      .cell("counts")
      .getByRole("button", { name: /original/ })
      .click();
  });

  it("stops a training with what it has learnt, and goes on with it", async () => {
    await lab.write("multinom-fit", "await multinom.fit(x, train.y, { epochs: 400, validationSplit: 0.2 });");
    await lab.cell("multinom-fit").locator("button.run").click();
    await lab
      .cell("multinom-fit")
      .locator('[data-widget="progress"]', { hasText: /Epoch [2-9]/i })
      .waitFor();
    await lab.page.getByRole("button", { name: "Stop" }).first().click();
    await lab.finished("multinom-fit");
    expect(await lab.status("multinom-fit").textContent()).toBe("Stopped");
    const before = await lab.weights("multinom");
    await lab.cell("multinom-fit").locator('[data-widget="progress"] button:visible').click();
    await lab
      .cell("multinom-fit")
      .locator('[data-widget="progress"]', { hasText: /Epoch \d/i })
      .waitFor();
    await lab.page.waitForTimeout(500);
    await lab.page.getByRole("button", { name: "Stop" }).first().click();
    await lab.finished("multinom-fit");
    expect(await lab.weights("multinom")).not.toBe(before);
    await lab
      .cell("multinom-fit")
      .getByRole("button", { name: /original/ })
      .click();
  });

  it("confines cells: no network, no storage, no page", async () => {
    await lab.write(
      "plot",
      `const reached: string[] = [];
for (const name of ["fetch", "XMLHttpRequest", "WebSocket", "indexedDB", "caches", "BroadcastChannel", "document", "parent"])
  if ((globalThis as any)[name] !== undefined) reached.push(name);
try { await import("https://example.com/x.js"); reached.push("import"); } catch {}
try { new Worker("data:text/javascript,0"); reached.push("data worker"); } catch {}
const nested = new Worker(URL.createObjectURL(new Blob(["postMessage([typeof indexedDB, typeof fetch, typeof Worker].join())"])));
reached.push(await new Promise((resolve) => { nested.onmessage = ({ data }: any) => resolve(data); }) as string);
reached`,
    );
    await lab.run("plot");
    expect(await lab.cell("plot").locator(".level-value").textContent()).toBe(
      '[ "undefined,undefined,undefined" ]',
    );
    // that the policy refused the address is what the browser says
    expect(lab.problems.splice(0).filter((problem) => !/Content Security Policy/.test(problem))).toEqual([]);
    await lab
      .cell("plot")
      .getByRole("button", { name: /original/ })
      .click();
  });

  it("ends a cell that does not react, and keeps the models", async () => {
    await lab.write("structure", "while (true) {}");
    await lab.cell("structure").locator("button.run").click();
    await lab.page.waitForTimeout(200);
    await lab.page.getByRole("button", { name: "Stop" }).first().click();
    await lab.cell("structure").locator(".output-error", { hasText: "did not react" }).waitFor();
    await lab.ready();
    await lab
      .cell("structure")
      .getByRole("button", { name: /original/ })
      .click();
    await lab.write("plot", "multinom.countParams()");
    await lab.run("plot");
    expect(await lab.cell("plot").locator(".level-value").textContent()).toBe("7850");
  });

  it("has everything again after a reload, and runs nothing by itself", async () => {
    await lab.page.reload();
    await lab.ready();
    expect(await lab.code("plot")).toContain("countParams");
    expect(await lab.cell("cnn-test").locator('[data-widget="confusion"]').count()).toBe(1);
    expect(await lab.cell("plot").locator(".level-value").textContent()).toBe("7850");
    await lab.goTo("Draw a digit");
    await lab.page.locator(".digitPad-sheet").focus();
    for (const key of ["Space", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"])
      await lab.page.keyboard.press(key);
    await lab.page.locator(".digitPad-readings > li").nth(4).waitFor();
    await lab.goTo("Practical");
    await lab.write("counts", "typeof x");
    await lab.run("counts");
    expect(await lab.cell("counts").locator(".level-value").textContent()).toBe("undefined");
  });

  it("lets two tabs work side by side", async () => {
    const other = await LabPage.open(context, server.address);
    await lab.write("normalise", "const fromTheFirstTab = 1;");
    await other.status("normalise").filter({ hasText: "Changed in another tab" }).waitFor();
    expect(await other.code("normalise")).toContain("fromTheFirstTab");
    await other.write("data", "const fromTheSecondTab = 2;");
    await other.page.waitForTimeout(700);
    await lab.page.reload();
    await lab.ready();
    expect(await lab.code("data")).toContain("fromTheSecondTab");
    expect(await lab.code("normalise")).toContain("fromTheFirstTab");
    expect(other.problems).toEqual([]);
    await other.page.close();
  });

  it("exports the work, and opens somebody's file without running it", async () => {
    await lab.page.locator(".menu summary").click();
    const [saved] = await Promise.all([
      lab.page.waitForEvent("download"),
      lab.page.getByRole("button", { name: /Export/ }).click(),
    ]);
    const file = JSON.parse(readFileSync(await saved.path(), "utf8"));
    expect(file.cells.map(({ id }: { id: string }) => id)).toContain("normalise");
    expect(file.models.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([...practicalModels.map(({ name }) => name), "mine"]),
    );
    file.cells = [{ id: "plot", code: "globalThis.ran = true; fetch('https://example.com');" }];
    lab.page.once("dialog", (dialog) => void dialog.accept());
    const [chooser] = await Promise.all([
      lab.page.waitForEvent("filechooser"),
      lab.page.getByRole("button", { name: /Import/ }).click(),
    ]);
    await chooser.setFiles({
      name: "lab.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(file)),
    });
    await lab.page.locator(".message", { hasText: "Nothing was run" }).waitFor();
    expect(await lab.code("plot")).toContain("globalThis.ran");
    await lab.write("counts", '"ran" in globalThis');
    await lab.run("counts");
    expect(await lab.cell("counts").locator(".level-value").textContent()).toBe("false");
  });

  it("can be used with the keyboard alone", async () => {
    await lab.page.reload();
    await lab.ready();
    await lab.page.keyboard.press("Tab");
    expect(await lab.page.evaluate(() => document.activeElement?.className)).toBe("skip");
    await lab.page.keyboard.press("Enter");
    const reached: string[] = [];
    for (let i = 0; i < 30 && !reached.includes("cm-content"); i++) {
      await lab.page.keyboard.press("Tab");
      reached.push(await lab.page.evaluate(() => document.activeElement?.className.split(" ")[0] ?? ""));
    }
    expect(reached).toContain("cm-content");
    await lab.page.keyboard.press("Shift+Enter");
    await lab.finished("libraries");
    await lab.page.keyboard.press("Tab");
    expect(await lab.page.evaluate(() => document.activeElement?.className)).toBe("run");
  });

  it("is a folder of static files that fits", () => {
    const files = readdirSync(DIST, { recursive: true, encoding: "utf8" });
    const digits = files.find((path) => path.endsWith(".bin")) ?? "";
    expect(statSync(join(DIST, digits)).size).toBeLessThan(ORIGINAL_BYTES);
  });
});

describe.skipIf(executablePath === undefined)("the lab on a plain static host, under a path", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  /** The hash of multinom after 30 steps. */
  const shortTraining = async (lab: LabPage) => {
    await lab.write("libraries", LIBRARIES(1));
    for (const id of ["libraries", "data", "multinom"]) await lab.run(id);
    await lab.write(
      "multinom-fit",
      "await multinom.fit(test.x.div(255), test.y, { epochs: 1, stepsPerEpoch: 30 });",
    );
    await lab.run("multinom-fit");
    return lab.weights("multinom");
  };

  it("isolates itself by its service worker, works offline afterwards, and computes the same bits on one thread", async () => {
    const server = await serve({ under: "/courses/ai/lab/", isolate: false });
    const plain = await browser.newContext({ serviceWorkers: "block" });
    const alone = await LabPage.open(plain, server.address);
    expect(await alone.page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await alone.page.locator(".engine-status").textContent()).toContain("1 thread");
    const expected = await shortTraining(alone);
    expect(alone.problems.filter((problem) => !/blocked by Playwright/.test(problem))).toEqual([]);
    await plain.close();

    const context = await browser.newContext();
    const lab = await LabPage.open(context, server.address);
    await lab.page.waitForFunction(
      () => crossOriginIsolated && navigator.serviceWorker.controller !== null,
      null,
      { timeout: 60_000 },
    );
    await lab.ready();
    await server.close();
    await lab.page.reload();
    await lab.ready();
    expect(await lab.page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await shortTraining(lab)).toBe(expected);
    expect(lab.elsewhere).toEqual([]);
    await context.close();
  });
});
