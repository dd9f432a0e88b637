const count = new Intl.NumberFormat("en");
const seconds = (value: number) =>
  value < 1
    ? `${Math.round(value * 1000)} ms`
    : value < 60
      ? `${value.toFixed(1)} s`
      : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;

/** The frame of the page: buttons, menus, messages. */
export const shell = {
  title: "Deep learning lab",
  subtitle: "Supervised learning on handwritten digits, live in this tab",
  skip: "Skip to the content",
  views: {
    practical: "Practical",
    exercises: "Exercises",
    build: "Build your own",
    draw: "Draw a digit",
    models: "Models",
  },
  navigation: "Parts of the lab",
  contents: "Contents",
  controls: "Controls",
  number: (value: number) => count.format(value),
  percent: (share: number) => `${(share * 100).toFixed(2)} %`,

  run: "Run",
  runLabel: (label: string) => `Run: ${label}`,
  runAll: "Run all",
  stop: "Stop",
  seed: "Seed",
  resetSeed: "Reset seed",
  seedReset: (seed: number) => `The random numbers start again from seed ${seed}.`,
  theme: "Colours",
  themes: { auto: "As the system", light: "Light", dark: "Dark" },
  file: "File",
  export: "Export the work…",
  import: "Import work…",
  startOver: "Start over…",
  startOverQuestion: "Delete all changes, results and models of this lab from the browser?",
  imported: (cells: number, models: number) =>
    `Opened: ${cells} cells and ${models} models. Nothing was run.`,
  importFailed: (reason: string) => `The file cannot be opened: ${reason}`,
  notALabFile: "it is not a lab file",
  damagedLabFile: (where: string) => `it is damaged (${where})`,
  importQuestion:
    "Replace the work in this browser by the file's? The code in it is shown, and runs only when you run it.",
  saved: "Saved in this browser",
  notSaved: "The browser does not let this page save anything: export your work before you close it.",
  changedElsewhere: "Changed in another tab",

  editor: (label: string) => `Code: ${label}`,
  results: (label: string) => `Results: ${label}`,
  restore: "Original code",
  restoreLabel: (label: string) => `Go back to the original code of: ${label}`,
  sameIn: (language: string) => `The same in ${language}`,
  queued: "Waits",
  running: "Runs …",
  finished: (milliseconds: number) => `Finished in ${seconds(milliseconds / 1000)}`,
  stopped: "Stopped",
  failed: "Stopped by an error",
  errorAt: (line: number) => `Line ${line}`,
  earlier: "Results from an earlier visit. Run the cells again to work with their variables.",
  restarted:
    "The cell did not react and was ended from outside. The engine has started again: trained models are there, other variables are gone. Run the cells from the top.",
  engineBroken: (reason: string) => `The engine could not be started: ${reason}. Reload the page.`,
  engineStarting: "The engine starts …",
  engineReady: (threads: number) => (threads === 1 ? "Ready, 1 thread" : `Ready, ${threads} threads`),
  dataLoading: (share: number) => `Loading the digits: ${Math.round(share * 100)} %`,
  dataFailed: (reason: string) => `The digits could not be loaded: ${reason}`,
  dataReady: "Digits ready",
  took: (value: number) => `took ${seconds(value)}`,
  epochsDone: (done: number, epochs: number) =>
    done === epochs ? `${done} epochs` : `${done} of ${epochs} epochs`,
  weightsSha256: "SHA-256 of the weights",
  sameAsCommand: "The command npm start reports the same number for the same seed.",

  share: (right: number, all: number) =>
    `Accuracy ${(right / all).toFixed(4)}: ${count.format(right)} of ${count.format(all)} are right.`,

  mostWrong: (count: number) => `The ${count} digits whose wrong answer the model is surest of`,
  whyParameters: "Why so many parameters?",
  text: "Text",
  summaryTable: "Summary of the model",
  inputImage: "the digit",
  digitNumber: "Number of the test digit",
  /** The accuracies that the practical gives. */
  published: { multinom: 0.9259, ffnn: 0.9741, dffnn: 0.975, cnn: 0.9799, cnn_2: 0.9829 } as Readonly<
    Record<string, number | undefined>
  >,

  modelsTitle: "Models",
  modelsIntro:
    "Every model that you train is kept in this browser, also when you close the tab. Download one as a `.keras` file to go on with it in Python or R, or upload one that was trained there: it takes part in *Draw a digit* at once, and cells can use it by its name.",
  noModels: "There are no trained models yet. Train one in the practical.",
  upload: "Upload a .keras file",
  uploaded: (name: string) => `The model is there as ${name}.`,
  uploadFailed: (reason: string) => `The file cannot be used: ${reason}`,
  download: "Download",
  downloadLabel: (name: string) => `Download ${name} as a .keras file`,
  remove: "Remove",
  removeLabel: (name: string) => `Remove ${name}`,
  modelTable: { name: "Name", parameters: "Parameters", sha: "SHA-256 of the weights", actions: "Actions" },

  drawTitle: "Draw a digit",
  drawIntro:
    "Draw with the mouse, a pen or a finger. The drawing is centred and scaled as the digits of MNIST were; what the network sees is shown beside it. Every trained model says what it takes the drawing for.",

  mapsOf: "What the layers make of it, in",

  exercisesTitle: "Exercises",
  exercisesIntro:
    "Each exercise has a cell to start from. Run it, then check: the check says what is still missing. Run the practical up to *Normalise* first.",

  exerciseLabel: (title: string) => `Exercise: ${title}`,

  buildTitle: "Build your own",
  buildIntro:
    "Put layers together in the form or in the code: each follows the other. Shapes and parameters are shown at once. Then race your model against the others that you have trained; run the practical up to *Normalise* first.",
  buildLabel: "Your own model",
  raceTitle: "The race",
};
