/** The exercises: their words, and what the checks say. */
export const exercises = [
  {
    id: "parameters",
    title: "Explain the parameters",
    paragraphs: [
      "Work out on paper how many parameters these have, and write the numbers into the cell: the model `multinom`; the model `ffnn`; the convolution of `cnn`, with 6 filters of 5 × 5 on an image with one channel.",
    ],
    hint: "A dense layer has a weight for each pair of an input and a unit, and a bias for each unit. A convolution has one small window of weights for each filter, however large the image is.",
  },
  {
    id: "ffnn",
    title: "Fit the ffnn yourself",
    paragraphs: [
      "Build a network with one hidden layer of 64 units with relu, compile it, and train it until it reads 95 % of the test digits. Call it `myFfnn`.",
    ],
    hint: "Three layers after the input: Flatten, Dense with 64 units, Dense with 10. The last one needs softmax. Three epochs are enough.",
  },
  {
    id: "dffnn",
    title: "Fit the dffnn yourself",
    paragraphs: [
      "Now a deeper one, with hidden layers of 128 and 64 units. Call it `myDffnn`, and reach 96 %.",
    ],
    hint: "It is the ffnn with one more Dense layer between Flatten and the 64 units.",
  },
  {
    id: "compare",
    title: "Compare",
    paragraphs: [
      "Measure your two models on the test data. Put their accuracies into `accuracies`, under their names, and the name of the better one into `best`.",
    ],
    hint: "`evaluate` with `returnDict: true` gives an object that has `accuracy` in it. It has to be awaited.",
  },
  {
    id: "improve",
    title: "Improve the CNN",
    paragraphs: [
      "Reach 98.5 % on the test data with a convolutional network and at most ten epochs. Call it `improved`. More filters, smaller windows, a second convolution, dropout: try what helps, and look at the validation accuracy while you try.",
    ],
    hint: "Two convolutions of 3 × 3 with relu, each with pooling of 2 × 2 after it, and more filters in the second than in the first. Dropout before the dense layers lets it train longer without overfitting.",
  },
] as const;

type Values = Readonly<Record<string, string | number>>;
const percent = (value: string | number) => `${(Number(value) * 100).toFixed(2)} %`;

/** What a check says, by the reason that it gives. */
export const verdicts: Readonly<Record<string, (values: Values) => string>> = {
  passed: (v) =>
    v.accuracy !== undefined
      ? `Right: ${percent(v.accuracy)} of the test digits after ${v.epochs} epochs.`
      : v.best !== undefined
        ? `Right: ${v.best} is the better one.`
        : "All right.",
  failed: (v) => `The check could not be made: ${v.message}`,
  undefinedNumber: (v) => `There is no number ${v.name} yet. Run the cell first.`,
  stillZero: (v) => `${v.name} is still 0: put your number there, and run the cell again.`,
  wrongNumber: (v) => `${v.name} is not ${v.given}. Count the weights and the biases of each layer.`,
  noVariable: (v) => `There is no variable ${v.name} yet. Run the cell first.`,
  noSequential: (v) => `${v.name} is not a Sequential model yet.`,
  noFlatten: (v) =>
    `The first layer of ${v.name} has to lay the rows of the image one behind the other: Flatten.`,
  wrongDenseCount: (v) => `${v.name} needs ${v.wanted} Dense layers after Flatten; it has ${v.given}.`,
  wrongUnits: (v) => `Hidden layer ${v.layer} should have ${v.wanted} units; it has ${v.given}.`,
  wrongActivation: (v) => `Hidden layer ${v.layer} needs the activation ${v.wanted}; it has ${v.given}.`,
  wrongOutputUnits: (v) => `The last layer needs one unit for each of the 10 digits; it has ${v.given}.`,
  wrongOutputActivation: (v) =>
    `The last layer should give probabilities: softmax. Its activation is ${v.given}.`,
  notCompiled: (v) => `${v.name} is not compiled: it has no loss and no optimizer.`,
  notTrained: (v) => `${v.name} has not been trained yet: fit it.`,
  accuracyBelow: (v) =>
    `${percent(v.accuracy)} of the test digits after ${v.epochs} epochs; ${percent(v.wanted)} are wanted.`,
  noAccuracies: () => "There is no object `accuracies` yet. Run the cell first.",
  fewAccuracies: (v) => `\`accuracies\` has ${v.count} entries; put both models into it.`,
  noAccuracy: (v) => `accuracies.${v.name} should be a number from 0 to 1. It is ${v.given}.`,
  noModel: (v) => `There is no model named ${v.name}: use the names of your variables.`,
  wrongAccuracy: (v) =>
    `On the test data ${v.name} does not reach ${v.given}. Which data did you evaluate on?`,
  noBest: () => "Put the name of the better model into `best`, as a string.",
  wrongBest: (v) => `Compare again: ${v.given} is not the better one.`,
  noConvolution: () => "There is no convolution in `improved` yet: add a Conv2D layer.",
  tooManyEpochs: (v) => `${v.epochs} epochs are too many: at most ten.`,
  noImages: (v) => `${v.name} does not take 28 × 28 images.`,
  noAccuracyMetric: (v) => `${v.name} was compiled without the metric accuracy.`,
};
