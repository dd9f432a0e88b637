import { ops } from "keratin";
import { expect, it } from "vitest";
import { golden } from "./golden.js";

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const found = (name: string) =>
  name
    .split(".")
    .reduce<unknown>((from, part) => (from as Record<string, unknown> | undefined)?.[camelCase(part)], ops);

/** What Keras has in `keras.ops` and `ops` does not have (yet), by the reason. */
const missing: Readonly<Record<string, string>> = {
  "there is no complex dtype": "eig polar view_as_complex view_as_real",
  "a primitive that holds a function's own derivative is needed": "custom_gradient",
  "not written yet: core": "vectorize",
  "not written yet: nn": "ctc_decode ctc_loss",
  "need singular values or eigenvectors, whose derivatives only a primitive of its own has":
    "eigh lstsq matrix_rank pinv svd",
  "not written yet: image":
    "image.affine_transform image.elastic_transform image.map_coordinates image.perspective_transform image.scale_and_translate image.ssim",
};

it("ops has every name of keras.ops but those that are listed with a reason", () => {
  const { names } = golden<{ readonly names: string }>("opsNames");
  expect(names.split(" ").filter((name) => found(name) === undefined)).toEqual(
    Object.values(missing)
      .flatMap((list) => list.split(" "))
      .sort((a, b) => names.split(" ").indexOf(a) - names.split(" ").indexOf(b)),
  );
});
