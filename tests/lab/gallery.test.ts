import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../lab/server.mjs";
import { executablePath, launch } from "../../scripts/chromium.mjs";
import { violations } from "./page.js";

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

describe.skipIf(executablePath === undefined)("the gallery of the lab's widgets", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  const folder = mkdtempSync(join(tmpdir(), "keratin-gallery-"));

  beforeAll(async () => {
    await build({
      configFile: false,
      root: path("lab"),
      logLevel: "error",
      resolve: {
        alias: [
          { find: /^keratin$/, replacement: path("src/index.ts") },
          { find: /^#platform$/, replacement: path("src/runtime/platform/browser.ts") },
        ],
      },
      build: { outDir: folder, minify: false, rolldownOptions: { input: path("lab/widgets.html") } },
    });
    server = await serve({ folder });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([1280, 820, 360])(
    "keeps the axe-core rules, fits and complains about nothing at %i px",
    async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const problems: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(String(error)));
      await page.goto(`${server.address}widgets.html`);
      await page.locator('[data-widget="modelBuilder"] .modelBuilder-drawing svg').waitFor();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), colorScheme).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(problems).toEqual([]);
      await page.close();
    },
  );
});
