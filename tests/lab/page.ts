/** A lab in Chromium, for tests. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BrowserContext, Locator, Page } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong in a page as it is. */
export async function violations(page: Page): Promise<string[]> {
  // a script element would break the page's policy
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await axe.run();
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
    );
  });
}

/** Builds the lab, where it has to, as `npm run build:lab` does. */
export async function buildLab(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, "lab/build/main.mjs")]);
}

/** One tab with the lab in it, and what it complained about or asked other hosts for. */
export class LabPage {
  readonly problems: string[] = [];
  readonly elsewhere: string[] = [];

  private constructor(
    readonly page: Page,
    readonly address: string,
  ) {}

  static async open(context: BrowserContext, address: string): Promise<LabPage> {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const lab = new LabPage(page, address);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) lab.problems.push(message.text());
    });
    page.on("pageerror", (error) => lab.problems.push(String(error)));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol.startsWith("http") && host !== new URL(address).host) lab.elsewhere.push(request.url());
    });
    // what the policy refused was never asked
    page.on("requestfailed", (request) => {
      const at = lab.elsewhere.indexOf(request.url());
      if (request.failure()?.errorText === "csp" && at >= 0) lab.elsewhere.splice(at, 1);
    });
    await page.goto(address);
    await lab.ready();
    return lab;
  }

  /** Waits until engine, data and editor are there. */
  async ready(): Promise<void> {
    await this.page.locator(".engine-status", { hasText: "Digits ready" }).waitFor({ timeout: 30_000 });
    await this.page.locator(".engine-status", { hasText: "Ready, " }).waitFor();
    await this.page.locator(".view:visible .cm-content").first().waitFor();
  }

  async goTo(view: string): Promise<void> {
    await this.page.locator(".views a", { hasText: view }).click();
  }

  cell(id: string): Locator {
    return this.page.locator(`#cell-${id}`);
  }

  status(id: string): Locator {
    return this.cell(id).locator(".cell-status");
  }

  /** A cell's code, as an editor or a plain field shows it. */
  code(id: string): Promise<string> {
    return this.cell(id).evaluate((cell) => {
      const area = cell.querySelector("textarea");
      return area ? area.value : (cell.querySelector(".cm-content")?.textContent ?? "");
    });
  }

  /** Replaces a cell's code as somebody who types would. */
  async write(id: string, code: string): Promise<void> {
    await this.cell(id).scrollIntoViewIfNeeded();
    const editor = this.cell(id).locator(".cm-content");
    await editor.click();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.insertText(code);
  }

  /** Runs a cell and waits for its end. */
  async run(id: string): Promise<void> {
    await this.cell(id).locator("button.run").click();
    await this.finished(id);
  }

  async finished(id: string): Promise<void> {
    await this.page.waitForFunction(
      (cell) => {
        const element = document.getElementById(`cell-${cell}`);
        const status = element?.querySelector(".cell-status")?.textContent ?? "";
        return element?.dataset.status === "idle" && status !== "";
      },
      id,
      { timeout: 60_000 },
    );
  }

  /** The hash of the weights that a training shows. */
  weights(model: string): Promise<string | null> {
    return this.page.locator(`.outputs [data-model="${model}"]`).last().getAttribute("data-sha256");
  }
}
