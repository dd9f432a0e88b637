import { Input, layers, Sequential, setBackend, Tensor, utils } from "keratin";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { platform } from "#platform";

// as on a page that is not cross-origin isolated: the backend's memory is made with the first program
const share = vi.spyOn(platform, "canShareMemory");
beforeAll(() => share.mockReturnValue(false));
afterAll(() => {
  expect(share).toHaveBeenCalled();
  setBackend("wasm");
});

it("evaluate and predict give the same bits where memory cannot be shared between threads", async () => {
  const rows = 3001;
  const numbers = Float32Array.from({ length: rows * 300 }, (_, i) => Math.sin(i * 0.7));
  const x = new Tensor(numbers, { shape: [rows, 300], dtype: "float32" });
  const y = new Tensor(numbers.slice(0, 2 * rows), { shape: [rows, 2], dtype: "float32" });
  const results = async () => {
    utils.clearSession();
    utils.setRandomSeed(3);
    const model = new Sequential([
      Input([300]),
      new layers.Dense(9, { activation: "tanh" }),
      new layers.Dense(2),
    ]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    const parts: number[] = [];
    for (let i = 0; i < 3; i++) parts.push(...(await model.predict(x, { verbose: 0 })).data);
    return [...parts, await model.evaluate(x, y, { verbose: 0 })];
  };
  const alone = await results();
  setBackend("reference");
  expect(await results()).toEqual(alone);
});
