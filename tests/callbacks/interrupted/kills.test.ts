import { afterAll, beforeAll, expect, it } from "vitest";
import { type Kill, type Outcome, TrainingProcesses } from "./kills.js";

/** `KILLS=30 npx vitest run tests/callbacks/interrupted` for the whole number. */
const KILLS = Number(process.env.KILLS ?? 6);

const processes = new TrainingProcesses();
let whole: Outcome;
beforeAll(async () => {
  await processes.build();
  whole = (await processes.train({ SAVE_FREQ: "epoch", DOUBLE: "" }, [])).outcome;
});
afterAll(() => processes.remove());

it("what comes of training does not depend on how often it is backed up", async () => {
  const { outcome } = await processes.train({ SAVE_FREQ: "1", DOUBLE: "1" }, []);
  expect(outcome.weightsSha256).toBe(whole.weightsSha256);
  expect(outcome.history).toEqual(whole.history);
});

it(`${KILLS} times kill -9, a part of them within a write: the same weights in the end`, async () => {
  const settings = [
    { SAVE_FREQ: "1", DOUBLE: "" },
    { SAVE_FREQ: "epoch", DOUBLE: "" },
    { SAVE_FREQ: "4", DOUBLE: "1" },
  ];
  expect(whole.steps).toBe(54);
  let kills = 0;
  let goneOn = 0;
  for (let run = 0; kills < KILLS; run++) {
    // two within file operations (the first writes: folder and files are new; later ones replace), one at any moment
    const moments: Kill[] = [
      { inOperation: 1 + Math.floor(Math.random() * 12) },
      { afterMs: Math.random() * 400 },
      { inOperation: 1 + Math.floor(Math.random() * 30) },
    ];
    const { outcome, killed, hadBackup } = await processes.train(
      settings[run % settings.length],
      moments.slice(0, KILLS - kills),
    );
    const story = JSON.stringify({ run, moments, killed });
    expect(outcome.weightsSha256, story).toBe(whole.weightsSha256);
    expect(outcome.history, story).toEqual(whole.history);
    if (hadBackup) {
      goneOn++;
      expect(outcome.steps, story).toBeLessThan(whole.steps);
    }
    kills += killed.filter(Boolean).length;
  }
  expect(kills).toBe(KILLS);
  expect(goneOn).toBeGreaterThan(0);
}, 300_000);
