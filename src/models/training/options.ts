import type { Callback } from "../../callbacks/callback.js";
import { didYouMean } from "../../utils/suggest.js";
import type { BatchSource } from "./batchSource.js";
import type { ArrayData, ClassWeight } from "./data.js";

export type Verbosity = 0 | 1 | 2 | "auto";

interface RunOptions {
  /** Samples in a step. Default 32. Generators make their own batches. */
  readonly batchSize?: number | null;
  /** 0: silent, 1 (or "auto", the default): a progress bar, 2: a line. */
  readonly verbose?: Verbosity;
  readonly callbacks?: readonly Callback[];
  /** Stop after so many batches. Default: at the end of the data. */
  readonly steps?: number | null;
}

export interface FitOptions extends Omit<RunOptions, "steps"> {
  /** Default 1. */
  readonly epochs?: number;
  /** Share of the samples, from the end, that is kept for validation. Default 0. */
  readonly validationSplit?: number;
  /** `[x, y]`, `[x, y, sampleWeight]` or batches for validation; wins over `validationSplit`. */
  readonly validationData?:
    | readonly [ArrayData, ArrayData]
    | readonly [ArrayData, ArrayData, ArrayData]
    | BatchSource
    | null;
  /** Whether samples come in a new order in each epoch (default true); `"batch"`: only within each batch. */
  readonly shuffle?: boolean | "batch";
  /** Factors for the losses of classes. */
  readonly classWeight?: ClassWeight | null;
  /** A factor for each sample's loss; for several outputs one array each, or one for all. */
  readonly sampleWeight?: ArrayData | null;
  /** The epoch to start at. Default 0. */
  readonly initialEpoch?: number;
  /** Steps in an epoch. Default: all samples once. */
  readonly stepsPerEpoch?: number | null;
  /** Batches of the validation. Default: all. */
  readonly validationSteps?: number | null;
  /** Default: `batchSize`. */
  readonly validationBatchSize?: number | null;
  /** Validation takes place in every so many epochs. Default 1. */
  readonly validationFreq?: number;
}

export interface EvaluateOptions extends RunOptions {
  readonly sampleWeight?: ArrayData | null;
  /** Whether figures come by name. Default false. */
  readonly returnDict?: boolean;
}

export type PredictOptions = RunOptions;

/** Names of options; as a record, so that the compiler says when one is missing. */
export type OptionNames<T> = Record<keyof T, true>;

/**
 * @param known all options that there are
 * @throws if there is one of another name; the message suggests the nearest
 */
export function checkOptions(where: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new Error(`${where}: There is no option \`${name}\`.${didYouMean(name, Object.keys(known))}`);
  }
}

export const sharedOptions = { batchSize: true, verbose: true, callbacks: true } as const;
export const predictOptions: OptionNames<PredictOptions> = { ...sharedOptions, steps: true };
export const evaluateOptions: OptionNames<EvaluateOptions> = {
  ...predictOptions,
  sampleWeight: true,
  returnDict: true,
};
/** @throws if it is none of the values */
export function verbosity(verbose: Verbosity | undefined): 0 | 1 | 2 {
  const value = verbose ?? "auto";
  if (value === "auto") return 1;
  if (value === 0 || value === 1 || value === 2) return value;
  throw new Error(`Expected \`verbose\` to be 0, 1, 2 or "auto". Received: verbose=${String(value)}`);
}
