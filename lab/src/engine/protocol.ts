import type { Digits } from "../data/mnistFile.js";
import type { FeatureMaps, LayerFigures, Output, Progress } from "./outputs.js";

/** What the page asks of the engine's worker. */
export type Request =
  | { readonly type: "data"; readonly train: readonly Digits[]; readonly test: Digits }
  | { readonly type: "dataFailed"; readonly message: string }
  | { readonly type: "run"; readonly cell: string; readonly code: string }
  /** Ends training after the current step; what was learnt stays. */
  | { readonly type: "stop" }
  /** Goes on with the epochs that a stopped `fit` still owes. */
  | { readonly type: "resume"; readonly cell: string; readonly model: string }
  | { readonly type: "seed"; readonly seed: number }
  | { readonly type: "check"; readonly exercise: string; readonly id: number }
  | { readonly type: "look"; readonly question: Question; readonly id: number };

/** A question about models or data, answered between two training steps. */
export type Question =
  /** 28×28 values from 0 to 1: the probabilities that each trained model gives. */
  | { readonly about: "drawing"; readonly pixels: Float32Array }
  | { readonly about: "featureMaps"; readonly model: string; readonly pixels: Float32Array }
  | { readonly about: "digits"; readonly data: "train" | "test"; readonly indices: readonly number[] }
  /** Layer by layer, what a program for a Sequential model would have. */
  | { readonly about: "layers"; readonly layers: readonly LayerConfig[] }
  | { readonly about: "file"; readonly model: string }
  | { readonly about: "upload"; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly about: "forget"; readonly model: string };

/** A layer as Keras's config has it. */
export interface LayerConfig {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Answers {
  drawing: readonly { readonly model: string; readonly probabilities: readonly number[] }[];
  featureMaps: readonly FeatureMaps[];
  digits: readonly { readonly pixels: Uint8Array; readonly label: number }[];
  layers: {
    readonly layers: readonly {
      readonly shape: readonly (number | null)[] | null;
      readonly parameters: number;
      readonly weights: LayerFigures["weights"];
      readonly error?: string;
    }[];
    readonly parameters: number;
  };
  file: Uint8Array<ArrayBuffer>;
  upload: ModelInfo;
  forget: null;
}

export interface ModelInfo {
  /** The name of its variable. */
  readonly name: string;
  readonly parameters: number;
  readonly trained: boolean;
  /** Whether it takes 28×28 images and gives ten probabilities. */
  readonly readsDigits: boolean;
  readonly weightsSha256?: string;
}

/** How a cell ended. */
export type Ending =
  | { readonly ok: true; readonly milliseconds: number; readonly stopped: boolean }
  | { readonly ok: false; readonly error: CellError };

export interface CellError {
  readonly message: string;
  /** Counted from 1, in the cell; undefined if the error came from elsewhere. */
  readonly line?: number;
  readonly column?: number;
}

/** What the worker tells the page. */
export type Message =
  | { readonly type: "ready"; readonly threads: number; readonly isolated: boolean }
  /** The worker could not be loaded. */
  | { readonly type: "broken"; readonly message: string }
  | { readonly type: "output"; readonly cell: string; readonly output: Output }
  | { readonly type: "progress"; readonly cell: string; readonly progress: Progress }
  | { readonly type: "end"; readonly cell: string; readonly ending: Ending }
  | { readonly type: "models"; readonly models: readonly ModelInfo[] }
  /** A model as a file, to be kept: it has been trained. */
  | { readonly type: "trained"; readonly model: ModelInfo; readonly file: Uint8Array<ArrayBuffer> }
  | { readonly type: "checked"; readonly id: number; readonly verdict: Verdict }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly answer?: Answers[Question["about"]];
      readonly error?: string;
    };

/** The result of an exercise's check: the key of a sentence and the values in it. */
export interface Verdict {
  readonly passed: boolean;
  readonly reason: string;
  readonly values: Readonly<Record<string, string | number>>;
}
