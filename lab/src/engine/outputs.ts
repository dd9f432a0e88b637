/** What a cell leaves behind: plain data that the page draws and the browser's storage keeps. */
export type Output =
  | { readonly kind: "text"; readonly text: string; readonly level: "log" | "warn" | "error" | "value" }
  | SummaryOutput
  | { readonly kind: "digit"; readonly pixels: Uint8Array; readonly title: string }
  | { readonly kind: "counts"; readonly values: readonly string[]; readonly counts: readonly number[] }
  | TrainingOutput
  | ConfusionOutput
  | {
      readonly kind: "featureMaps";
      readonly model: string;
      readonly pixels: Uint8Array;
      readonly layers: readonly FeatureMaps[];
    }
  | { readonly kind: "mostWrong"; readonly model: string; readonly mistakes: readonly Mistake[] }
  | { readonly kind: "comparison"; readonly models: readonly ModelFigures[] };

export interface SummaryOutput {
  readonly kind: "summary";
  readonly model: string;
  /** As Keras prints it. */
  readonly text: string;
  readonly layers: readonly LayerFigures[];
  readonly parameters: number;
}

export interface LayerFigures {
  readonly name: string;
  readonly className: string;
  /** Without the batch. */
  readonly inputShape: readonly (number | null)[];
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
  /** Shapes of its variables by the last part of their path: kernel, bias, … */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** A model while it learns and after. */
export interface TrainingOutput {
  readonly kind: "training";
  readonly model: string;
  readonly epochs: number;
  readonly epochsDone: number;
  readonly running: boolean;
  readonly stopped: boolean;
  readonly threads: number;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly seconds: number;
  readonly microsecondsPerStep: number;
  readonly parameters: number;
  readonly weightsSha256?: string;
  readonly kernel: FirstKernel | null;
}

/** The first weights that a model has, for pictures of them. */
export interface FirstKernel {
  readonly name: string;
  /** `[height, width, channels, filters]` of a convolution, or `[inputs, units]` of a dense layer. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface ConfusionOutput {
  readonly kind: "confusion";
  readonly model: string;
  /** Rows predicted, columns true. */
  readonly matrix: readonly (readonly number[])[];
  readonly accuracy: number;
  /** For each cell of the matrix, row by row, the first digits in it: their indices in the data. */
  readonly examples: readonly (readonly number[])[];
  /** Which data the indices mean; null if the labels are neither. */
  readonly data: "train" | "test" | null;
}

/** What one layer makes of one image. */
export interface FeatureMaps {
  readonly layer: string;
  readonly className: string;
  readonly shape: readonly number[];
  readonly width: number;
  readonly height: number;
  /** One picture for each channel. */
  readonly maps: readonly Float32Array[];
}

export interface Mistake {
  readonly pixels: Uint8Array;
  readonly truth: number;
  readonly predicted: number;
  readonly probability: number;
}

export interface ModelFigures {
  readonly name: string;
  readonly parameters: number;
  readonly accuracy: number;
  readonly seconds: number | null;
  readonly microsecondsPerStep: number | null;
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Sent many times while a model works, and not kept. */
export interface Progress {
  readonly phase: "fit" | "validate" | "evaluate" | "predict";
  readonly model: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly microsecondsPerStep: number;
  /** Until the end of the whole run, as far as can be told. */
  readonly secondsLeft: number;
  readonly threads: number;
  /** Running means of loss and metrics. */
  readonly logs: Readonly<Record<string, number>>;
  /** The last finished epochs. */
  readonly history?: Readonly<Record<string, readonly number[]>>;
  readonly kernel?: FirstKernel;
  readonly finished: boolean;
}
