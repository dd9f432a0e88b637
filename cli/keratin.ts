#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { practicalModels } from "./practical/models.js";
import { Interrupted, type PracticalOptions, runPractical } from "./practical/practical.js";

const names = practicalModels.map(({ name }) => name);

function integer(least: number) {
  return (text: string) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || text.trim() === "")
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1) || text.trim() === "")
    throw new InvalidArgumentError("Expected a number from 0 to below 1.");
  return value;
}

function seed(text: string): number {
  const value = integer(0)(text);
  if (value >= 2 ** 32) throw new InvalidArgumentError("Expected an integer below 2**32.");
  return value;
}

function modelList(text: string): string[] {
  const wanted = text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (wanted.length === 0) throw new InvalidArgumentError(`Expected some of ${names.join(", ")}.`);
  for (const name of wanted) {
    if (names.includes(name)) continue;
    const near = names.find((known) =>
      known.replace(/\W|_/g, "").startsWith(name.replace(/\W|_/g, "").slice(0, 3)),
    );
    throw new InvalidArgumentError(
      `There is no model '${name}'.${near ? ` Did you mean '${near}'?` : ""} The models are ${names.join(", ")}.`,
    );
  }
  return wanted;
}

/** The `keratin` command. */
export function program(version: string): Command {
  const command = new Command("keratin")
    .description("Keras 3 for TypeScript.")
    .version(version)
    .exitOverride();
  command
    .command("practical")
    .description(
      "Walks through the practical “Supervised learning: deep learning” on MNIST and writes a report.",
    )
    .option("--models <names>", "models to train, separated by commas", modelList, names)
    .option("--epochs <n>", "epochs for each model", integer(1), 10)
    .option("--batch-size <n>", "samples in a step", integer(1), 32)
    .option("--validation-split <share>", "share of the training samples kept for validation", share, 0.2)
    .option("--seed <n>", "seed of everything random", seed, 45)
    .option("--data <path>", "folder with MNIST's four IDX files, or an .npz file")
    .option("--out <folder>", "where the report goes", "report")
    .addOption(
      new Option("--verbose <level>", "0: silent, 1: progress bar, 2: a line an epoch")
        .choices(["0", "1", "2"])
        .default("1"),
    )
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "reference"]).default("wasm"))
    .option("--json", "print the report as JSON, and nothing else", false)
    .exitOverride()
    .action(async (options) => {
      await runPractical({ ...options, verbose: Number(options.verbose) } as PracticalOptions, version);
    });
  return command;
}

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
try {
  await program(manifest.version).parseAsync(process.argv);
} catch (error) {
  if (error instanceof Interrupted) {
    process.stdout.write(
      `${process.stdout.isTTY ? "\u001b[0m" : ""}\nStopped. The report holds what was finished.\n`,
    );
    process.exitCode = 130;
  } else if (error instanceof CommanderError) {
    // commander has printed its message
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`keratin: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
