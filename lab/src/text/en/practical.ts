/** The practical as a student reads it. Paragraphs may contain `code` and *emphasis*. */
export interface StepText {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** What is said before each of the step's cells, by the cell's name. */
  readonly cells: readonly {
    readonly id: string;
    readonly label: string;
    readonly before?: string;
    readonly after?: string;
  }[];
}

const three = (
  id: string,
  { define, fit, test }: { readonly define: string; readonly fit: string; readonly test: string },
): StepText["cells"] => [
  { id, label: `Define ${id}`, before: define },
  { id: `${id}-fit`, label: `Train ${id}`, before: fit },
  { id: `${id}-test`, label: `Test ${id}`, before: test },
];

export const practical: readonly StepText[] = [
  {
    id: "introduction",
    title: "Introduction",
    paragraphs: [
      "In this practical you teach a computer to read handwritten digits. You start with the simplest model there is for the task, the multinomial logistic regression that you may know from statistics, and improve it step by step until you have a small convolutional network. Each step is a cell of code that you can read, change and run.",
      "Everything happens in this tab: the code, the data and the training stay on your computer. Click into a cell and press *Shift + Enter* to run it, or use its button. Cells remember what earlier cells have made, so run them from top to bottom the first time; *Run all* does that for you.",
      "The code is Keras, the most widely used interface to neural networks, here in TypeScript. Below every cell you can unfold the same step in R and in Python.",
    ],
    cells: [
      {
        id: "libraries",
        label: "Load what is needed",
        before:
          "The first cell loads the parts of Keras that you will use. It also fixes two numbers: how many *epochs* each model trains (an epoch is one walk through all training images) and the *seed*, the number that all randomness starts from. With the same seed you get the same results every time, and so does your neighbour.",
      },
    ],
  },
  {
    id: "data",
    title: "The data",
    paragraphs: [
      "MNIST is a collection of 70,000 handwritten digits, written by employees of an American office and by high-school students. 60,000 of them are for learning (`train`), 10,000 are put aside (`test`) to find out whether what was learnt also holds for digits that the model has never seen.",
    ],
    cells: [{ id: "data", label: "Load the data" }],
  },
  {
    id: "structure",
    title: "What the data look like",
    paragraphs: [
      "Both parts have images `x` and labels `y`. An image is a square of 28 × 28 pixels; each pixel is a whole number from 0 (paper) to 255 (ink). The label says which digit it is.",
    ],
    cells: [{ id: "structure", label: "Show the structure" }],
  },
  {
    id: "counts",
    title: "How often does each digit occur?",
    paragraphs: [
      "If one digit were much more frequent than the others, a model could look good by always guessing that one. So count them first.",
    ],
    cells: [{ id: "counts", label: "Count the labels" }],
  },
  {
    id: "plot",
    title: "Look at a digit",
    paragraphs: [
      "Never train on data that you have not looked at. This cell draws the first training image. Change the number in `at(0)` and run the cell again to see others; can you find one that you could not read yourself?",
    ],
    cells: [{ id: "plot", label: "Draw the first image" }],
  },
  {
    id: "normalise",
    title: "Normalise",
    paragraphs: [
      "Networks learn by many small corrections of their weights, and that works best when the numbers that go in are small. Dividing by 255 brings every pixel into the range from 0 to 1.",
    ],
    cells: [{ id: "normalise", label: "Divide by 255" }],
  },
  {
    id: "multinom",
    title: "Multinomial regression: multinom",
    paragraphs: [
      "The first model has no hidden layer. `Flatten` lays the 28 rows of an image one behind the other: a list of 784 numbers. `Dense(10)` computes ten weighted sums of them, one for each digit, and `softmax` turns the ten sums into probabilities. This *is* multinomial logistic regression, written as a network.",
      "How many numbers are there to learn? Each of the 10 outputs has a weight for each of the 784 pixels and a bias of its own: 784 × 10 + 10 = 7,850. Run the first cell and move along the rows of the summary: the drawing beside it shows where the numbers come from.",
    ],
    cells: three("multinom", {
      define:
        "`compile` says how the model will learn: which *loss* measures how wrong it is, and which *optimizer* corrects the weights to make the loss smaller.",
      fit: "Now it learns. In every epoch it sees 48,000 images in a new order, 32 at a time (a *batch*), and corrects its weights after each batch. The last fifth of the data, 12,000 images, is kept for *validation*: the model is measured on them but does not learn from them. Watch the curves, and the ten pictures of the weights: each becomes a template of its digit.",
      test: "The test images decide. The table counts how often each digit was taken for each digit: what lies on the diagonal is right. Choose a cell to see the digits in it.",
    }),
  },
  {
    id: "ffnn",
    title: "A hidden layer: ffnn",
    paragraphs: [
      "A *feed-forward neural network* has a layer between the pixels and the answer. Its 64 units are not told what to look for: during training each finds some pattern that helps. `relu` cuts off what is negative, and this bend is what makes a network more than one big weighted sum.",
      "Before you run the cell, work out how many parameters this model has. The drawing beside the summary tells you whether you were right.",
    ],
    cells: three("ffnn", {
      define: "The only difference to `multinom` is one line.",
      fit: "Compare the two curves as they grow. When the training accuracy goes on rising and the validation accuracy does not, the model has begun to learn the training images by heart: it *overfits*.",
      test: "Is the hidden layer worth its parameters? Look at the accuracy, and at the digits that are still confused.",
    }),
  },
  {
    id: "dffnn",
    title: "Deeper: dffnn",
    paragraphs: [
      "If one hidden layer helps, do two help more? This *deep* network has 128 units and then 64. The second layer can combine the patterns of the first.",
    ],
    cells: three("dffnn", {
      define: "Look at where most of the parameters are.",
      fit: "Training takes a little longer: there are twice as many weights to correct in each step.",
      test: "Compare the result with the ffnn. Twice as many parameters do not halve the errors.",
    }),
  },
  {
    id: "cnn",
    title: "A convolutional network: cnn",
    paragraphs: [
      "So far the models got the pixels as a list and had no idea which of them are neighbours. A *convolution* looks at the image through a small window, here of 5 × 5 pixels, and moves it over the whole image with the same weights everywhere. Six such filters make six new images, *feature maps*, that show where each filter's pattern occurs.",
      "`MaxPooling2D` keeps the largest of every 4 × 4 values: it matters *that* a pattern was there, not exactly where. What is left is small, so the dense layers after it need few weights.",
      "Images can have colours, so a convolution expects an axis for them: the images become 28 × 28 × 1.",
    ],
    cells: three("cnn", {
      define:
        "A filter has 5 × 5 weights and one bias. Compare the number of parameters with that of the ffnn.",
      fit: "The pictures show the six filters. Some turn into detectors of strokes in one direction, light on one side and dark on the other.",
      test: "Fewer parameters, better answers. The feature maps show how an image goes through the layers; choose another digit and compare.",
    }),
  },
  {
    id: "cnn_2",
    title: "Two convolutions: cnn_2",
    paragraphs: [
      "The second convolution looks at the feature maps of the first, so that its filters can combine strokes into corners and arcs. Smaller windows, 3 × 3, are enough.",
      "`Dropout(0.2)` leaves out a fifth of the values at random in every training step. No unit can rely on a single other one, and the model overfits less. When the model is used, nothing is left out.",
    ],
    cells: three("cnn_2", {
      define:
        "Work out the parameters of the second convolution: 12 filters, and each sees all 6 feature maps.",
      fit: "Because of the dropout the training figures can be *worse* than the validation figures: validation is done with all units.",
      test: "Look at the digits that are still wrong. Could you have read them?",
    }),
  },
  {
    id: "comparison",
    title: "The models side by side",
    paragraphs: [
      "Five models, one task. Which would you choose if the memory of your device were small, which if every error were expensive? Then go on to the exercises, build a model of your own, or draw a digit and see what the models make of it.",
    ],
    cells: [{ id: "comparison", label: "Compare" }],
  },
];
