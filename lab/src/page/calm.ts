import type { App } from "./app.js";

/** Milliseconds after which what can wait waits no longer for a cell that runs. */
const LONG_ENOUGH = 20_000;
/** Milliseconds for a cell that waited for the data to go on. */
const MOMENT = 50;

/**
 * When the data are there and nothing runs. What the first training does not need (checking types, keeping files for offline use)
 * leaves the processors alone until then: together it takes both of a small machine's for seconds.
 */
export async function calm(app: App): Promise<void> {
  await new Promise<void>((resolve) => app.on("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, MOMENT));
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!app.running) resolve();
    };
    app.on("running", look);
    setTimeout(resolve, LONG_ENOUGH);
    look();
  });
}
