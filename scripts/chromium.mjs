// Chromium as the machine has it; .ci/run installs it. For the browser tests and for `npm run lab:check`.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where Chromium is, or undefined: then tests that need it are skipped. */
export const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));

/** Starts Chromium without a window and without any traffic of its own. */
export function launch() {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
