import { grad, ops, setBackend, type Tensor } from "keratin";
import { afterEach, expect, it } from "vitest";
import { numbers } from "./numbers.js";

afterEach(() => setBackend("wasm"));

it("the kernel's derivative of a convolution that is flattened, which reshapes the cotangent", () => {
  const x = numbers([3, 6, 6, 1], 1);
  const kernel = numbers([3, 3, 1, 2], 2);
  const factors = numbers([3, 32], 3);
  const derivative = grad((k: Tensor) =>
    ops.sum(ops.multiply(ops.reshape(ops.conv(x, k), [3, 32]), factors)),
  );
  const results = (["reference", "wasm"] as const).map((backend) => {
    setBackend(backend);
    return (derivative(kernel) as Tensor).toArray();
  });
  expect(results[1]).toEqual(results[0]);
});
