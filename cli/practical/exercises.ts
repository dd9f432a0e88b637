import type { ModelReport, Report } from "./report.js";
import { commonestMistake, thousands } from "./text.js";

/** A question to a student, and an answer, which the report folds away. */
export interface Exercise {
  readonly question: string;
  readonly answer: string;
}

export function dataExercises(report: Report): Exercise[] {
  const { labelCounts, train } = report.data;
  const most = labelCounts.indexOf(Math.max(...labelCounts));
  return [
    {
      question: "What is in x, and what is in y?",
      answer:
        "x holds the images: for each of them 28 rows of 28 pixels, 0 where the paper is white and up to 255 where there is ink. y holds the digit that was meant, from 0 to 9.",
    },
    {
      question: "Why are the pixels divided by 255?",
      answer:
        "All models start from small random weights. With inputs between 0 and 1 their first sums are small too, and each learning step changes them by a sensible amount; with inputs up to 255 the first steps would be far too large.",
    },
    {
      question: "How often would somebody be right who always said the same digit?",
      answer: `With ${most}, the commonest one, in ${thousands(labelCounts[most])} of ${thousands(train)} training images: ${((100 * labelCounts[most]) / train).toFixed(1)} %. That is what a model has to beat.`,
    },
  ];
}

/** What to ask about one of the practical's models; none about others. */
const ofModels: Readonly<Record<string, (model: ModelReport) => Exercise[]>> = {
  multinom: (model) => [
    {
      question: "Why does this model have 7,850 parameters?",
      answer:
        "Each of the 10 outputs has a weight for each of the 784 pixels, and a bias: 784 × 10 + 10 = 7,850.",
    },
    {
      question: "Which digits does it mix up most often, and is that surprising?",
      answer: `${commonestMistake(model.confusion)} It compares pixel by pixel, so two digits that share much of their ink look alike to it, even where a small stroke makes the difference.`,
    },
    {
      question: "Is it overfitting?",
      answer:
        "Compare the two loss curves. With so few parameters the model cannot learn its examples by heart: training and validation stay close together. What holds it back is that it can only add up pixels.",
    },
  ],
  ffnn: () => [
    {
      question: "Where do 50,890 parameters come from?",
      answer:
        "The hidden layer has 784 × 64 weights and 64 biases, which makes 50,240; the output has 64 × 10 weights and 10 biases, which makes 650.",
    },
    {
      question: "What does the hidden layer change?",
      answer:
        "Its units are patterns of strokes rather than whole digits, and relu lets each of them stay silent where its pattern is absent. The output then reads the digit from 64 patterns instead of 784 pixels.",
    },
    {
      question: "Is it overfitting?",
      answer:
        "Look where the validation loss stops falling while the training loss goes on: from there the model learns its examples by heart. Fewer epochs, dropout, or more data would help.",
    },
  ],
  dffnn: () => [
    {
      question: "Where do 109,386 parameters come from?",
      answer:
        "784 × 128 + 128 = 100,480 for the first hidden layer, 128 × 64 + 64 = 8,256 for the second, 64 × 10 + 10 = 650 for the output.",
    },
    {
      question: "Is the deeper network better?",
      answer:
        "Hardly, although it has twice as many parameters: it fits the training images better, and the gap to the validation images grows with that. What an image is (that neighbours belong together) neither of the two knows.",
    },
  ],
  cnn: () => [
    {
      question: "Why does the input have one more axis, of size 1?",
      answer:
        "A convolution takes images with channels, such as red, green and blue. These images have one channel: how dark each pixel is.",
    },
    {
      question: "Where do 7,430 parameters come from?",
      answer:
        "6 filters of 5 × 5 weights with a bias each: 156. Pooling and flattening learn nothing and leave 6 × 6 × 6 = 216 numbers: 216 × 32 + 32 = 6,944 for the hidden layer, and 32 × 10 + 10 = 330 for the output.",
    },
    {
      question: "Why can it be better than networks with many times its parameters?",
      answer:
        "A filter uses the same 25 weights at every place of the image, so a stroke that was learnt in one place is known in all of them. The dense networks have to learn it anew for each position.",
    },
  ],
  cnn_2: () => [
    {
      question: "What does the dropout layer do?",
      answer:
        "While the model learns, it sets a random fifth of its inputs to 0, others in each step. No unit can rely on a single input, so the model learns fewer accidents of its examples. When it predicts, nothing is dropped; that is why its validation accuracy can be above its training accuracy.",
    },
    {
      question: "Why two convolutions with small filters?",
      answer:
        "The first one sees 3 × 3 pixels, edges. After pooling, the second one combines edges that lie further apart into corners and arcs. It needs 3 × 3 × 6 × 12 + 12 = 660 parameters for that.",
    },
    {
      question: "How would you make it better still?",
      answer:
        "More filters, a third convolution, batch normalization, more epochs with a falling learning rate, or images that are shifted and turned a little while training. Change one thing at a time, and let the validation accuracy decide.",
    },
  ],
};

export function modelExercises(model: ModelReport): Exercise[] {
  return ofModels[model.name]?.(model) ?? [];
}

export function comparisonExercises({ models }: Report): Exercise[] {
  if (models.length < 2) return [];
  const best = models.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  const leanest = models.reduce((a, b) => (b.parameters < a.parameters ? b : a));
  const least =
    best === leanest
      ? "and it also has the fewest parameters."
      : `${leanest.name} has the fewest parameters.`;
  return [
    {
      question: "Which model would you choose, and why?",
      answer: `${best.name} reads most test digits right (${best.test.accuracy.toFixed(4)}), ${least} Whether some digits more are worth the longer training depends on what a mistake costs.`,
    },
    {
      question: "Why is the accuracy measured on images that no model has seen?",
      answer:
        "A model can learn its examples by heart; how well it does on them says little. The validation images guide the choice between models, so even they are not quite new to us. The test images are only used at the end.",
    },
  ];
}
