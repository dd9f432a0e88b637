import { expect, it } from "vitest";
import type { LabPage } from "./page.js";

/** What students do of their own, in a lab whose practical has been run. */
export function workshopTests(lab: () => LabPage): void {
  it("prints the practical with every figure as it is now, and without what is only to be pressed", async () => {
    await lab().goTo("Practical");
    const { page } = lab();
    await page.locator(".practical:visible").waitFor();
    // figures that are out of view are not drawn while a model learns
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(200_000);
    const titles = await page.locator(".practical .progress-title").allTextContents();
    expect(titles).toEqual(["multinom", "ffnn", "dffnn", "cnn", "cnn_2"].map((name) => `${name} is trained`));
    await page.emulateMedia({ media: "print" });
    const pressed = await page.locator(":is(nav, .run, .quiet, .widget-button):visible").count();
    await page.emulateMedia({ media: "screen" });
    expect(pressed).toBe(0);
  });

  it.each(["ffnn", "dffnn", "compare"])("the solution of the exercise %s passes its check", async (id) => {
    await lab().goTo("Exercises");
    const exercise = lab().page.locator('[data-widget="exercise"]', {
      has: lab().cell(`exercise-${id}`),
    });
    await exercise.locator("summary", { hasText: "Solution" }).click();
    await exercise.getByRole("button", { name: /solution/i }).click();
    await lab().run(`exercise-${id}`);
    await exercise.getByRole("button", { name: "Check" }).click();
    const result = exercise.locator(".exercise-result");
    await result.filter({ hasText: /\S/, hasNotText: "Checking" }).waitFor();
    expect(await result.textContent()).toContain("Solved.");
  });

  it("builds a model in the form, says where it is wrong, and races it against the others", async () => {
    await lab().goTo("Build your own");
    const { page } = lab();
    const convolution = page.locator(".modelBuilder-card").nth(1);
    await convolution.locator('[data-part="kernelSize"]').fill("40");
    await convolution.locator(".modelBuilder-error", { hasText: "kernel" }).waitFor();
    expect(await page.locator(".modelBuilder-error:not(:empty)").count()).toBe(1);
    const race = page.getByRole("button", { name: "Race it against the others" });
    expect(await race.isDisabled()).toBe(true);
    await convolution.locator('[data-part="kernelSize"]').fill("5, 5");
    await convolution.locator(".modelBuilder-shape", { hasText: "(24, 24, 8) · 208 params" }).waitFor();
    expect(await lab().code("build")).toContain("new layers.Conv2D(8, [5, 5]");
    expect(await page.locator(".modelBuilder-drawing svg").textContent()).toContain("208");
    await race.click();
    await lab().finished("build");
    await page.locator(".race-places strong", { hasText: /^mine$/ }).waitFor();
    const places = await page.locator(".race-places strong").allTextContents();
    expect(places).toEqual(expect.arrayContaining(["mine", "multinom", "cnn_2", "myFfnn"]));
  });
}
