import { integerArgument, integerOrNull } from "./data.js";
import { checkOptions, type FitOptions, type OptionNames, sharedOptions } from "./options.js";

const fitOptions: OptionNames<FitOptions> = {
  ...sharedOptions,
  epochs: true,
  validationSplit: true,
  validationData: true,
  shuffle: true,
  classWeight: true,
  sampleWeight: true,
  initialEpoch: true,
  stepsPerEpoch: true,
  validationSteps: true,
  validationBatchSize: true,
  validationFreq: true,
};

/** The numbers of a run of `fit`, checked. */
export interface FitSettings {
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly batchSize: number;
  readonly validationBatchSize: number;
  readonly validationFreq: number;
  readonly validationSplit: number;
  readonly stepsPerEpoch: number | null;
  readonly validationSteps: number | null;
  readonly shuffle: boolean | "batch";
}

/** @throws if an option is unknown or a number out of range */
export function fitSettings(options: FitOptions): FitSettings {
  checkOptions("fit", options, fitOptions);
  const integer = (name: keyof FitOptions, otherwise: number, least = 1) =>
    integerArgument("fit", name, (options[name] ?? otherwise) as number, least);
  const { validationSplit = 0, shuffle = true } = options;
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new Error(
      `fit: Expected \`validationSplit\` to be from 0 to below 1. Received: validationSplit=${String(validationSplit)}`,
    );
  }
  if (typeof shuffle !== "boolean" && shuffle !== "batch")
    throw new Error(
      `fit: Expected \`shuffle\` to be true, false or "batch". Received: shuffle=${String(shuffle)}`,
    );
  const batchSize = integer("batchSize", 32);
  return {
    epochs: integer("epochs", 1),
    initialEpoch: integer("initialEpoch", 0, 0),
    batchSize,
    validationBatchSize: integer("validationBatchSize", batchSize),
    validationFreq: integer("validationFreq", 1),
    validationSplit,
    stepsPerEpoch: integerOrNull("fit", "stepsPerEpoch", options.stepsPerEpoch, 1),
    validationSteps: integerOrNull("fit", "validationSteps", options.validationSteps, 1),
    shuffle,
  };
}
