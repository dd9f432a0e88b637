// Pictures of every view at three widths in both themes.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export async function pictures(page, folder) {
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 820, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const view of ["practical", "exercises", "build", "draw", "models"]) {
        await page.evaluate((name) => {
          location.hash = name;
        }, view);
        await page.waitForTimeout(500);
        await page.screenshot({ path: join(folder, `${view}-${width}-${colorScheme}.png`) });
        if (view !== "practical") continue;
        for (const cell of ["multinom", "cnn-fit", "cnn_2-test", "comparison"]) {
          await page.evaluate((id) => document.getElementById(`cell-${id}`)?.scrollIntoView(), cell);
          await page.waitForTimeout(400);
          await page.screenshot({ path: join(folder, `${cell}-${width}-${colorScheme}.png`) });
        }
      }
    }
  }
}
