import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "./suggest.js";

const ACTIVATIONS = ["relu", "relu6", "elu", "selu", "gelu", "softmax", "softplus", "log_softmax", "sigmoid"];

describe("nearest", () => {
  it.each([
    ["Relu", "relu"],
    ["reul", "relu"],
    ["rleu", "relu"],
    ["softmx", "softmax"],
    ["LogSoftmax", "log_softmax"],
    ["log-softmax", "log_softmax"],
    ["sigmoyd", "sigmoid"],
    ["relu6", "relu6"],
  ])("finds for %s the name %s", (name, expected) => {
    expect(nearest(name, ACTIVATIONS)).toBe(expected);
  });

  it("finds the shortest that has all of several words", () => {
    const losses = ["binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy"];
    expect(nearest("sparse_crossentropy", losses)).toBe("sparse_categorical_crossentropy");
  });

  it("finds nothing when nothing is near", () => {
    expect(nearest("convolution", ACTIVATIONS)).toBeUndefined();
    expect(nearest("", ACTIVATIONS)).toBeUndefined();
    expect(nearest("x", ["y"])).toBeUndefined();
    expect(nearest("relu", [])).toBeUndefined();
  });

  it("prefers the exact spelling, then the same letters, then the fewest edits", () => {
    expect(nearest("MSE", ["mse", "MSE"])).toBe("MSE");
    expect(nearest("M_S_E", ["mae", "mse"])).toBe("mse");
    expect(nearest("adamx", ["adagrad", "adamax", "adam"])).toBe("adamax");
  });
});

describe("didYouMean", () => {
  it("names the nearest", () => {
    expect(didYouMean("rulu", ACTIVATIONS)).toBe(' Did you mean "relu"?');
  });

  it("lists the valid names when they are few", () => {
    expect(didYouMean("middle", ["valid", "same"])).toBe(' Expected one of "valid" or "same".');
    expect(didYouMean("middle", ["a", "b", "c"])).toBe(' Expected one of "a", "b" or "c".');
    expect(didYouMean("middle", ["valid"])).toBe(' Expected "valid".');
  });

  it("says nothing when they are many or none", () => {
    const many = Array.from({ length: 13 }, (_, index) => `candidate_${index}`);
    expect(didYouMean("x", many)).toBe("");
    expect(didYouMean("x", [])).toBe("");
  });
});
