import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCommand, folderWith, keratin, scratch, smallMnist } from "./command.js";

let data: string;
beforeAll(async () => {
  await buildCommand();
  data = folderWith("mnist", smallMnist());
});

const practical = (...args: string[]) => ["practical", "--data", data, "--models", "multinom", ...args];
const report = (out: string) => JSON.parse(readFileSync(join(scratch, out, "report.json"), "utf8"));

describe("keratin practical", () => {
  it("walks through the data and a model, and leaves a report", async () => {
    const { code, stdout, stderr } = await keratin(
      practical("--epochs", "2", "--out", "walk", "--verbose", "2"),
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const told = [
      " $ train:List of 2\n  ..$ x: int [1:160, 1:28, 1:28] 0 0 0",
      "from 0 (paper) to 255 (ink)",
      "digit   0   1   2",
      "The first training image, a 0:",
      "   ████\n",
      'Model: "sequential"',
      "  dense: 784 × 10 weights + 10 biases = 7,850\n",
      "Training on 128 images, 32 in a step: 4 steps an epoch.",
      "Epoch 1/2\n4/4 - ",
      " - val_loss: ",
      "2/2 - ",
      "pred \\ true     0     1",
      "\nAccuracy: ",
      "model     parameters  accuracy  practical  seconds  µs/step",
      "The report is in walk/report.html, the models are beside it.",
    ];
    let from = 0;
    for (const text of told) {
      const at = stdout.indexOf(text, from);
      expect(at, `'${text}' after\n${stdout.slice(from)}`).toBeGreaterThanOrEqual(0);
      from = at;
    }
    const { models, epochs, seed } = report("walk");
    expect({ epochs, seed }).toEqual({ epochs: 2, seed: 45 });
    expect(models).toHaveLength(1);
    expect(Object.keys(models[0].history)).toEqual(["accuracy", "loss", "val_accuracy", "val_loss"]);
    expect(models[0].confusion.flat().reduce((a: number, b: number) => a + b)).toBe(40);
    expect(readdirSync(join(scratch, "walk")).sort()).toEqual([
      "multinom.keras",
      "report.html",
      "report.json",
    ]);
  });

  it("gives the same weights on both backends, and prints nothing but the report with --json", async () => {
    const runs = ["wasm", "reference"].map((backend) =>
      keratin(practical("--epochs", "1", "--backend", backend, "--out", backend, "--json")),
    );
    const reports = (await Promise.all(runs)).map(({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout);
    });
    expect(reports[0]).toEqual(report("wasm"));
    expect(reports[0].models[0].weightsSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(reports[1].models[0].weightsSha256).toBe(reports[0].models[0].weightsSha256);
    expect(reports[1].models[0].history).toEqual(reports[0].models[0].history);
  });

  it("takes as many threads as it is told, and gets the same weights with any number", async () => {
    const counts = ["1", "2"];
    const runs = counts.map((threads) =>
      keratin(practical("--epochs", "1", "--threads", threads, "--out", `threads${threads}`, "--json"), {
        env: { KERATIN_DEBUG: "time" },
      }),
    );
    const hashes = (await Promise.all(runs)).map(({ code, stdout, stderr }, i) => {
      expect(code, stderr).toBe(0);
      const used = [...stderr.matchAll(/ on (\d+) threads?,/g)].map(([, number]) => Number(number));
      expect(Math.max(...used)).toBe(Number(counts[i]));
      return JSON.parse(stdout).models[0].weightsSha256;
    });
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(1);
    for (const wrong of ["0", "-1", "1.5", "many"]) {
      const { code, stderr } = await keratin(practical("--threads", wrong));
      expect(code).not.toBe(0);
      expect(stderr).toContain("--threads");
    }
  });

  it("shows progress bars with --verbose 1, and no progress with --verbose 0", async () => {
    const [bars, none] = await Promise.all(
      ["1", "0"].map((level) =>
        keratin(practical("--epochs", "1", "--out", `v${level}`, "--verbose", level)),
      ),
    );
    expect(bars.stdout).toMatch(/\r\x1b\[1m4\/4\x1b\[0m \x1b\[32m━{20}/);
    expect(none.stdout).not.toMatch(/━{20}\x1b|4\/4/);
    expect(none.stdout).toContain("Accuracy: ");
  });

  it("keeps to ASCII where the locale has no UTF-8", async () => {
    const { code, stdout } = await keratin(practical("--epochs", "1", "--out", "ascii"), {
      env: { LC_ALL: "C" },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\x00-\x7f]*$/);
    // what has no counterpart in ASCII would be a question mark
    expect(stdout.replace("so many parameters?", "")).not.toContain("?");
    expect(stdout).toContain("784 x 10 weights + 10 biases = 7,850");
    expect(stdout).toContain("| dense (Dense)");
  });

  it("ends without a word when nobody reads its output any more", async () => {
    const { code, stderr } = await keratin(practical("--epochs", "1", "--out", "closed"), {
      watch: (_, __, close) => close(),
    });
    expect({ code, stderr }).toEqual({ code: 141, stderr: "" });
  });
});

describe.runIf(process.platform !== "win32")("Ctrl-C", () => {
  /** Sends the signal once: a second one ends the process at once. */
  function once(): (kill: (signal: NodeJS.Signals) => void) => void {
    let sent = false;
    return (kill) => {
      if (!sent) kill("SIGINT");
      sent = true;
    };
  }

  it("stops after the current step and leaves a valid report of what was finished", async () => {
    const args = ["--models", "multinom,ffnn", "--epochs", "100000", "--out", "stopped"];
    const interrupt = once();
    const { code, stdout, stderr } = await keratin(practical(...args), {
      watch: (text, kill) => {
        if (/Epoch 3\/100000/.test(text)) interrupt(kill);
      },
    });
    expect(code).toBe(130);
    expect(stderr).toBe(
      "\nStopped. stopped/report.html holds what was finished; the same command with --resume goes on.\n",
    );
    // every colour that was switched on is off again
    expect(stdout.lastIndexOf("\x1b[0m")).toBe(stdout.lastIndexOf("\x1b["));
    expect(report("stopped").models).toEqual([]);
    expect(readFileSync(join(scratch, "stopped", "report.html"), "utf8")).toMatch(/<\/html>\s*$/);
    expect(readdirSync(join(scratch, "stopped")).sort()).toEqual([".backup", "report.html", "report.json"]);
  });

  it("keeps the models that were finished", async () => {
    const args = ["--models", "multinom,ffnn", "--epochs", "3", "--out", "second"];
    const interrupt = once();
    const { code } = await keratin(practical(...args), {
      watch: (text, kill) => {
        if (/── ffnn/.test(text)) interrupt(kill);
      },
    });
    expect(code).toBe(130);
    expect(report("second").models.map(({ name }: { name: string }) => name)).toEqual(["multinom"]);
  });
});

describe.runIf(process.platform !== "win32")("keratin practical --resume", () => {
  const args = ["--models", "multinom,ffnn", "--epochs", "40"];
  const results = (out: string) =>
    report(out).models.map(({ name, weightsSha256, history, test, confusion }: Record<string, unknown>) => ({
      ...{ name, weightsSha256, history, test, confusion },
    }));

  it("ends with the same bits as a run that was never killed, however often it was", async () => {
    const whole = keratin(practical(...args, "--out", "whole"));
    // each time a little later: in the first model, in the second
    for (const at of [
      /Epoch 5\/40/,
      /Epoch 30\/40/,
      /── ffnn[\s\S]*Epoch 9\/40/,
      /── ffnn[\s\S]*Epoch 31\/40/,
    ]) {
      const { code } = await keratin(practical(...args, "--out", "killed", "--resume"), {
        watch: (text, kill) => {
          if (at.test(text)) kill("SIGKILL");
        },
      });
      expect(code).toBe("SIGKILL");
    }
    const { code, stdout, stderr } = await keratin(practical(...args, "--out", "killed", "--resume"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("multinom was trained before. Accuracy: ");
    expect(stdout).not.toContain("── multinom");
    expect((await whole).code).toBe(0);
    expect(results("killed")).toEqual(results("whole"));
    const files = ["ffnn.keras", "multinom.keras", "report.html", "report.json"];
    expect(readdirSync(join(scratch, "killed")).sort()).toEqual(files);
  });

  it("goes on after Ctrl-C, and refuses other options than before", async () => {
    let sent = false;
    const { code } = await keratin(practical(...args, "--out", "paused"), {
      watch: (text, kill) => {
        if (!sent && /Epoch 12\/40/.test(text)) {
          kill("SIGINT");
          sent = true;
        }
      },
    });
    expect(code).toBe(130);
    const other = await keratin(practical("--epochs", "41", "--out", "paused", "--resume"));
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(
      /^keratin: --resume: paused.report\.json is of a run with --epochs 40, not 41\. Give the options of that run/,
    );
    const { stdout } = await keratin(practical(...args, "--out", "paused", "--resume", "--verbose", "2"));
    const [first] = stdout.split("── ffnn");
    expect(first).not.toMatch(/Epoch ([1-9]|10)\/40/);
    expect(first).toContain("Epoch 40/40");
  });
});
