import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { comparison } from "./comparison.js";
import { confusionMatrix } from "./confusionMatrix.js";
import { curves, spread } from "./curves.js";
import { digit } from "./digit.js";
import { featureMap, featureMaps } from "./featureMaps.js";
import { filters } from "./filters.js";
import { labelCounts } from "./labelCounts.js";
import { mostWrong } from "./mostWrong.js";
import { type LayerParameters, parameterDrawing } from "./parameterDrawing.js";
import { probabilities } from "./probabilities.js";

const { document } = parseHTML("<!doctype html><body></body>");
const options = { document };

function parse(html: string): Element {
  const element = document.createElement("div");
  element.innerHTML = html;
  return element;
}

function figure(html: string): Element {
  const element = parse(html).firstElementChild as Element;
  expect(element.tagName.toLowerCase()).toBe("svg");
  expect(element.getAttribute("role")).toBe("img");
  expect(element.getAttribute("aria-label")).toMatch(/\.$/);
  // a strict content security policy refuses both
  expect(element.querySelector("style, [style]")).toBeNull();
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
  return element;
}

const texts = (element: Element) => [...element.querySelectorAll("text")].map((text) => text.textContent);

describe("label counts", () => {
  it("have a bar for each digit and say the counts", () => {
    const counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 1];
    const svg = figure(labelCounts(counts, options));
    expect(svg.querySelectorAll("rect")).toHaveLength(10);
    expect(svg.getAttribute("aria-label")).toContain("0 5,923 times");
    expect(svg.getAttribute("aria-label")).toContain("9 once");
  });
});

describe("curves", () => {
  const draw = (training: number[], validation: number[]) =>
    figure(
      curves(
        {
          quantity: "loss",
          of: "cnn",
          curves: [
            { name: "training", values: training },
            { name: "validation", values: validation },
          ],
        },
        options,
      ),
    );

  it("name each line at its end and have whole epochs only", () => {
    const svg = draw([0.5, 0.3, 0.2], [0.4, 0.3, 0.25]);
    expect(texts(svg)).toEqual(
      expect.arrayContaining(["1", "2", "3", "training", "validation", "loss", "epoch"]),
    );
    expect(texts(svg).filter((text) => text === "2")).toHaveLength(1);
    expect(svg.getAttribute("aria-label")).toBe(
      "loss of cnn by epoch: training from 0.5 to 0.2 in 3 epochs; validation from 0.4 to 0.25 in 3 epochs.",
    );
  });

  it("show one epoch as dots", () => {
    expect(draw([0.5], [0.5]).querySelectorAll("circle")).toHaveLength(2);
  });

  it("survive no epoch, equal values, and values that are no numbers", () => {
    draw([], []);
    draw([1, 1], [1, 1]);
    const { length } = draw([0.1, 0.2], [0.1, 0.2]).querySelectorAll("path");
    const html = curves(
      { quantity: "loss", of: "x", curves: [{ name: "training", values: [0.5, Number.NaN] }] },
      options,
    );
    expect(html).toContain("training from 0.5 to NaN");
    expect(parse(html).querySelectorAll("path").length).toBeLessThan(length);
  });
});

describe("names at the ends of lines", () => {
  it("never overlap, keep their order, and stay where there is room", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 6 }), (places) => {
        const moved = spread(places, 13);
        const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
        for (let k = 1; k < order.length; k++)
          expect(moved[order[k]] - moved[order[k - 1]]).toBeGreaterThan(13 - 1e-9);
        if (order.every((i, k) => k === 0 || places[i] - places[order[k - 1]] >= 13))
          expect(moved).toEqual(places);
      }),
    );
  });
});

describe("a confusion matrix", () => {
  const matrix = [
    [90, 3, 0],
    [7, 80, 0],
    [0, 0, 100],
  ];
  const svg = figure(confusionMatrix(matrix, "ffnn", options));
  const cell = (predicted: number, truth: number) =>
    svg.querySelector(`[data-predicted="${predicted}"][data-true="${truth}"]`) as Element;

  it("has predicted classes as rows and true ones as columns", () => {
    const x = (e: Element) => Number(e.getAttribute("x"));
    const y = (e: Element) => Number(e.getAttribute("y"));
    expect(svg.querySelectorAll("[data-true]")).toHaveLength(9);
    expect(x(cell(0, 2))).toBeGreaterThan(x(cell(0, 0)));
    expect(y(cell(2, 0))).toBeGreaterThan(y(cell(0, 0)));
  });

  it("colours what is wrong by how often it is", () => {
    const opacity = (e: Element) => Number(e.getAttribute("fill-opacity"));
    expect(opacity(cell(1, 0))).toBeGreaterThan(opacity(cell(0, 1)));
    expect(opacity(cell(0, 1))).toBeGreaterThan(opacity(cell(0, 2)));
    expect(cell(0, 0).getAttribute("fill")).not.toBe(cell(0, 1).getAttribute("fill"));
  });

  it("says in words what is mixed up", () => {
    expect(svg.getAttribute("aria-label")).toContain("270 of 280 on the diagonal are right.");
    expect(svg.getAttribute("aria-label")).toContain("0 read as 1 7 times, 1 read as 0 3 times");
    expect(confusionMatrix([[1]], "x", options)).not.toContain("mixed up");
  });
});

/** The paths of a picture drawn again: opacity with the sign of its colour at each cell. */
function raster(svg: Element, width: number, height: number): number[] {
  const cells = new Array<number>(width * height).fill(0);
  for (const path of svg.querySelectorAll("path")) {
    const opacity = Number(path.getAttribute("stroke-opacity") ?? 1);
    const sign = path.getAttribute("stroke") === "var(--series-2)" ? -1 : 1;
    let x = 0;
    let y = 0;
    for (const [, command, numbers] of (path.getAttribute("d") as string).matchAll(/([Mmh])([-\d. ]+)/g)) {
      const [a, b] = numbers.split(" ").map(Number);
      if (command === "M") [x, y] = [a, b - 0.5];
      else if (command === "m") [x, y] = [x + a, y + b];
      else for (const end = x + a; x < end; x++) cells[y * width + x] = sign * opacity;
    }
  }
  return cells;
}

describe("pictures", () => {
  it("of a digit draw each pixel in one of thirteen shades", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 784, maxLength: 784 }), (pixels) => {
        pixels[100] = 255;
        const drawn = raster(figure(digit(pixels, "a 5")), 28, 28);
        // 1/24 for the shade, 0.005 for the two decimals that it is written with
        for (let i = 0; i < 784; i++)
          expect(Math.abs(drawn[i] - pixels[i] / 255)).toBeLessThan(1 / 24 + 0.006);
      }),
      { numRuns: 20 },
    );
  });

  it("of an empty image and of weights that are no numbers are empty", () => {
    expect(figure(digit(new Uint8Array(784), "nothing")).querySelectorAll("path")).toHaveLength(0);
    expect(
      figure(digit(new Float32Array(784).fill(Number.NaN), "nothing")).querySelectorAll("path"),
    ).toHaveLength(0);
  });

  it("of a convolution are its filters, as Keras lays them out", () => {
    // [2, 2, 1, 2]: the filters are the last axis
    const values = [1, -1, 0.5, 0, 0, 0, -0.5, 1];
    const svg = figure(filters({ name: "conv2d", shape: [2, 2, 1, 2], values }) as string);
    const pictures = [...svg.querySelectorAll("g")].map((g) => raster(g, 2, 2));
    expect(pictures).toEqual([
      [1, 0.5, 0, -0.5],
      [-1, 0, 0, 1],
    ]);
    expect(svg.getAttribute("aria-label")).toBe("Weights of conv2d: 2 of its 2 kernels, each 2 × 2.");
  });

  it("of a dense layer are its units where its inputs were a square image", () => {
    const svg = filters({
      name: "dense",
      shape: [784, 64],
      values: new Float32Array(784 * 64).fill(1),
    }) as string;
    expect(figure(svg).querySelectorAll("g")).toHaveLength(12);
    expect(filters({ name: "dense", shape: [300, 32], values: new Float32Array(9600) })).toBeUndefined();
    expect(filters({ name: "bias", shape: [10], values: new Float32Array(10) })).toBeUndefined();
  });
});

describe("the most wrong digits", () => {
  it("say what they are, what they are taken for, and how surely", () => {
    const pixels = new Uint8Array(784).fill(9);
    const list = parse(mostWrong([{ pixels, truth: 4, predicted: 9, probability: 0.987 }]));
    const svg = figure(list.querySelector("li")?.innerHTML as string);
    expect(texts(svg)).toEqual(["4 → 9", "99 %"]);
    expect(svg.getAttribute("aria-label")).toBe("A 4 that is read as 9, with probability 98.7 %.");
  });
});

describe("the comparison", () => {
  const models = [
    {
      name: "multinom",
      parameters: 7850,
      accuracy: 0.9253,
      published: 0.9259,
      seconds: 4.21,
      microsecondsPerStep: 281.4,
    },
    { name: "mine", parameters: 12 },
  ];

  it("has a bar for each model that has the figure, and the practical's as a tick", () => {
    const svg = figure(comparison(models, "errors", options));
    expect(texts(svg)).toEqual(expect.arrayContaining(["multinom", "mine", "747 · 0.9253"]));
    expect(svg.querySelectorAll("rect")).toHaveLength(1);
    expect(svg.querySelectorAll('line[stroke], g[stroke="var(--text)"] line')).toHaveLength(1);
    expect(svg.getAttribute("aria-label")).toContain("multinom 747 · 0.9253 (in the practical 741 misread)");
  });

  it.each([
    ["parameters", ["7,850", "12"]],
    ["seconds", ["4.2"]],
    ["microsecondsPerStep", ["281"]],
  ] as const)("shows %s", (measure, numbers) => {
    const svg = figure(comparison(models, measure, options));
    expect(texts(svg)).toEqual(expect.arrayContaining([...numbers]));
    expect(svg.querySelectorAll("rect")).toHaveLength(numbers.length);
  });

  it("of no models is an empty chart", () => {
    figure(comparison([], "seconds", options));
  });
});

describe("feature maps", () => {
  it("are one picture for each channel", () => {
    const layer = {
      layer: "conv2d",
      shape: [1, 2, 2],
      width: 2,
      height: 1,
      maps: [
        [1, 0],
        [0.5, -1],
      ],
    };
    const svg = figure(featureMap(layer));
    expect([...svg.querySelectorAll("g")].map((g) => raster(g, 2, 1))).toEqual(layer.maps);
    expect(svg.getAttribute("aria-label")).toBe("What conv2d makes of the digit: 2 maps of 1 × 2.");
    expect(figure(featureMap(layer, { limit: 1 })).querySelectorAll("g")).toHaveLength(1);
  });

  it("of flat layers are strips of 32", () => {
    const values = Float32Array.from({ length: 40 }, (_, i) => (i === 39 ? 1 : 0));
    const layer = { layer: "dense", shape: [40], width: 40, height: 1, maps: [values] };
    const cells = raster(figure(featureMap(layer)), 32, 2);
    expect(cells.indexOf(1)).toBe(39);
    expect(cells.filter(Boolean)).toHaveLength(1);
  });

  it("of all layers are a list in their order", () => {
    const list = parse(
      featureMaps([
        { layer: "a", shape: [2, 2], width: 2, height: 2, maps: [[1, 0, 0, 1]] },
        { layer: "b", shape: [1], width: 1, height: 1, maps: [[1]] },
      ]),
    );
    expect([...list.querySelectorAll("li p")].map((p) => p.textContent)).toEqual(["a (2, 2)", "b (1,)"]);
    expect(raster(list.querySelector("svg") as Element, 2, 2)).toEqual([1, 0, 0, 1]);
  });
});

describe("probabilities", () => {
  it("stand out where they are highest", () => {
    const svg = figure(probabilities([0.02, 0.9, 0.08], "cnn"));
    expect(texts(svg)).toEqual(["0", "1", "90 %", "2"]);
    const heights = [...svg.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("height")));
    expect(heights[1] / heights[2]).toBeCloseTo(0.9 / 0.08, 1);
    expect(svg.getAttribute("aria-label")).toBe(
      "cnn: 1 with 90.0 %, then 2 with 8.00 %, then 0 with 2.00 %.",
    );
  });

  it("of a model that has diverged are no bars", () => {
    const svg = figure(probabilities([Number.NaN, Number.NaN], "cnn"));
    expect(svg.getAttribute("aria-label")).toBe("cnn: no probabilities.");
  });
});

describe("the drawing of a layer's parameters", () => {
  const layer = (className: string, weights: Record<string, number[]>): LayerParameters => ({
    name: className.toLowerCase(),
    className,
    inputShape: [28, 28],
    outputShape: [784],
    weights: Object.entries(weights).map(([name, shape]) => ({ name, shape })),
  });
  const words = (drawn: LayerParameters) => texts(figure(parameterDrawing(drawn)));

  it("explains dense layers by inputs, units and biases", () => {
    const dense = layer("Dense", { kernel: [784, 10], bias: [10] });
    expect(words(dense)).toEqual(
      expect.arrayContaining(["784 inputs", "10 units", "10 biases", "784 × 10 units + 10 biases = 7,850"]),
    );
    expect(words(layer("Dense", { kernel: [4, 1] }))).toContain("4 × 1 unit = 4");
    expect(figure(parameterDrawing(dense)).getAttribute("aria-label")).toBe(
      "Parameters of dense. Each unit: 784 weights + 1 bias. 784 × 10 units + 10 biases = 7,850.",
    );
  });

  it("explains convolutions by filters, however many", () => {
    const small = layer("Conv2D", { kernel: [5, 5, 1, 6], bias: [6] });
    expect(words(small)).toContain("5 × 5 × 1 × 6 filters + 6 biases = 156");
    expect(words(small)).toContain("Each filter: 5 × 5 × 1 channel = 25 weights + 1 bias");
    expect(words(layer("Conv2D", { kernel: [3, 3, 32, 64] }))).toEqual(
      expect.arrayContaining(["+ 53 more", "3 × 3 × 32 × 64 filters = 18,432"]),
    );
  });

  it("explains other weights one by one, and says where there are none", () => {
    const normalization = { gamma: [6], beta: [6], moving_mean: [6], moving_variance: [6] };
    expect(words(layer("BatchNormalization", normalization))).toEqual(
      expect.arrayContaining(["moving_mean", "6 + 6 + 6 + 6 = 24 parameters"]),
    );
    expect(words(layer("Flatten", {}))).toEqual([
      "(28, 28)",
      "(784,)",
      "Flatten: nothing to learn, 0 parameters",
    ]);
  });

  it("stays within its width, whatever the sizes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 2 }), (shape) => {
        const svg = figure(parameterDrawing(layer("Dense", { kernel: shape, bias: [shape[1]] })));
        for (const rect of svg.querySelectorAll("rect"))
          expect(Number(rect.getAttribute("x")) + Number(rect.getAttribute("width"))).toBeLessThanOrEqual(
            340,
          );
        expect(svg.outerHTML.length).toBeLessThan(8000);
      }),
    );
  });
});
