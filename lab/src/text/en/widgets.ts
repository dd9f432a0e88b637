/** What the interactive pieces in `src/widgets` say, one entry for each of them. */
const number = (value: number) => value.toLocaleString("en-US");
const percent = (share: number) => `${Math.round(share * 100)} %`;

const decimals = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : "NaN");
const times = (count: number) => (count === 1 ? "once" : count === 2 ? "twice" : `${number(count)} times`);

/** Roughly, as a person says it. */
function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export interface Standing {
  readonly model: string;
  readonly phase: "fit" | "validate" | "evaluate" | "predict";
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly microsecondsPerStep: number;
  readonly secondsLeft: number;
  readonly threads: number;
  readonly logs: Readonly<Record<string, number>>;
  readonly state: "running" | "stopped" | "finished";
}

/** What a model has reached: `accuracy 0.9731`. */
const reached = (logs: Standing["logs"]) =>
  Object.entries(logs).map(
    ([name, value]) => [name.replace("val_", "validation "), decimals(value, 4)] as const,
  );

export const widgets = {
  parameterDrawing: {
    caption: (model: string) => `Model: ${model}`,
    layer: "Layer (type)",
    output: "Output shape",
    parameters: "Param #",
    total: "Total params",
    number,
    shape: (shape: readonly (number | null)[]) =>
      `(${shape.map((size) => size ?? "None").join(", ")}${shape.length === 1 ? "," : ""})`,
  },
  digitPad: {
    sheet:
      "Sheet to draw a digit on. Arrow keys move the pen, Space puts it down or lifts it, Delete wipes everything off.",
    keys: "Without a mouse: arrow keys move the pen, Space puts it down and lifts it, Delete clears.",
    clear: "Clear",
    cleared: "The sheet is empty.",
    penDown: "Pen down.",
    penUp: "Pen up.",
    seen: "What the network sees: your digit, scaled and centred as those of MNIST were.",
    drawing: "your drawing, as the network sees it",
    empty: "Draw a digit from 0 to 9.",
    noModels: "No model is trained yet.",
    reading: (readings: readonly { model: string; digit: number; probability: number }[]) =>
      `${readings.map(({ model, digit, probability }) => `${model} reads ${digit}, ${percent(probability)}`).join("; ")}.`,
  },
  confusion: {
    keys: "Arrow keys move between the cells, Enter shows the digits in one.",
    choose: "Choose a cell to see the digits in it.",
    cell: (truth: number, predicted: number, count: number) =>
      truth === predicted
        ? `${truth} read right ${times(count)}`
        : `${truth} read as ${predicted} ${times(count)}`,
    title: (truth: number, predicted: number, count: number, shown: number) => {
      const what = truth === predicted ? `A ${truth} was read right` : `A ${truth} was read as ${predicted}`;
      if (count === 0) return `${what.replace("was", "was never")}.`;
      return `${what} ${times(count)}${shown < count ? `; the first ${shown} of them` : ""}:`;
    },
    digit: (truth: number, place: number) => `a ${truth}, number ${place}`,
  },
  mostWrong: {
    explanation: (model: string) =>
      `Test digits that ${model} reads wrong and is surest of: what they are → what it says, and how sure it is.`,
    none: (model: string) => `${model} reads all of these digits right.`,
  },
  filters: {
    caption: "Blue speaks for what is there, orange against it; the stronger, the more it counts.",
  },
  featureMaps: {
    caption: (model: string) => `The digit on its way through ${model}. Blue is positive, orange negative.`,
    none: (model: string) => `Choose or draw a digit to see what ${model} makes of it.`,
  },
  comparison: {
    none: "No model is trained yet.",
    ticks: "A mark across a bar is the practical’s published figure.",
    table: "The models in numbers",
    model: "model",
    accuracy: "accuracy",
    published: "practical",
    parameters: "parameters",
    seconds: "seconds",
    step: "µs/step",
    figures: (model: {
      readonly accuracy?: number;
      readonly published?: number;
      readonly parameters: number;
      readonly seconds?: number;
      readonly microsecondsPerStep?: number;
    }) => {
      const shown = (value: number | undefined, digits: number) =>
        value === undefined ? "–" : decimals(value, digits);
      return [
        shown(model.accuracy, 4),
        shown(model.published, 4),
        number(model.parameters),
        shown(model.seconds, 1),
        shown(model.microsecondsPerStep, 0),
      ];
    },
  },
  liveCurves: { training: "training", validation: "validation" },
  race: {
    accuracy: "validation accuracy",
    all: "all models",
    leads: (name: string, accuracy: number) => `${name} leads with ${decimals(accuracy, 4)}.`,
    standing: (accuracy: number, parameters: number, seconds: number | null) =>
      `${decimals(accuracy, 4)} · ${number(parameters)} parameters${seconds === null ? "" : ` · ${duration(seconds)}`}`,
  },
  progress: {
    stop: "Stop",
    resume: "Go on",
    label: (model: string) => `Progress of ${model}`,
    percent: (share: number) => percent(share),
    title: ({ model, phase, epoch, epochs, state }: Standing) => {
      if (phase === "evaluate") return `${model} is tested`;
      if (phase === "predict") return `${model} predicts`;
      if (state === "finished") return `${model} is trained`;
      const where = `epoch ${Math.min(epoch + 1, epochs)} of ${epochs}`;
      return state === "stopped" ? `${model} stopped in ${where}` : `${model}, ${where}`;
    },
    figures: ({ logs, secondsLeft, microsecondsPerStep, threads, state, step, steps }: Standing) => [
      ...reached(logs),
      ...(state === "running"
        ? ([
            ["step", `${number(step)} of ${number(steps)}`],
            ["time left", duration(secondsLeft)],
          ] as const)
        : []),
      ["µs/step", number(Math.round(microsecondsPerStep))] as const,
      ["threads", String(threads)] as const,
    ],
    /** Once an epoch and at the end. */
    spoken: ({ model, phase, epoch, epochs, logs, state }: Standing) => {
      if (phase !== "fit") return undefined;
      const figures = reached(logs)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ");
      if (state === "finished") return `${model} is trained: ${figures}.`;
      if (state === "stopped") return `${model} stopped: ${figures}.`;
      return `${model}: epoch ${epoch + 1} of ${epochs}.`;
    },
  },
  exercise: {
    hint: "Hint",
    solution: "Solution",
    check: "Check",
    checking: "Checking …",
    use: "Put the solution into the cell",
    passed: "Solved.",
    missing: "Not yet.",
  },
  modelBuilder: {
    form: "The model's layers",
    code: "The model's code",
    kind: "Kind of the new layer",
    race: "Race it against the others",
    addAfter: (index: number, className: string) =>
      `Add after ${index + 1}, ${className === "InputLayer" ? "Input" : className}`,
    addFirst: "Add",
    title: (index: number, className: string) =>
      `Layer ${index + 1}, ${className === "InputLayer" ? "Input" : className}`,
    up: "Move up",
    down: "Move down",
    remove: "Remove",
    output: (shape: readonly (number | null)[], parameters: number) =>
      `→ (${shape
        .slice(1)
        .map((size) => size ?? "None")
        .join(", ")})${parameters > 0 ? ` · ${number(parameters)} params` : ""}`,
    mistyped: (name: string, kind: string) =>
      kind === "sizes"
        ? `${name} should be one whole number or several, such as 3, 3.`
        : `${name} should be a ${kind === "integer" ? "whole " : ""}number.`,
    summary: (parameters: number) => `${number(parameters)} parameters in all.`,
    failed: (index: number) => `The model cannot be built: see layer ${index + 1}.`,
    problem: (problem: {
      readonly reason: "none" | "incomplete" | "notALayer" | "notPlain" | "unknownArgument";
      readonly line?: number;
      readonly code?: string;
    }) => {
      const at = `Line ${problem.line}`;
      const reasons = {
        none: "There is no new Sequential([…]) in the code",
        incomplete: `${at} is not complete`,
        notALayer: `${at}: ${problem.code} is not a layer written out here`,
        notPlain: `${at}: ${problem.code} is computed`,
        unknownArgument: `${at}: ${problem.code} is an argument that the form does not know`,
      };
      return `${reasons[problem.reason]}, so the form cannot show it. The code stays as it is.`;
    },
  },
};
