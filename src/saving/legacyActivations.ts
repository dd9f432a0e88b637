import { clip } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import { registerKerasSerializable } from "../utils/registration.js";

/** `hard_sigmoid` of Keras 1 and 2 and of TensorFlow.js: `max(0, min(1, 0.2 x + 0.5))`. Keras 3's has the slope 1/6. */
function hardSigmoid(x: Tensor): Tensor {
  return clip(x.mul(0.2).add(0.5), 0, 1);
}

/** Makes the activations of older models known. Called rather than done on import, so that bundlers keep it. */
export function registerLegacyActivations(): void {
  registerKerasSerializable("keratin", "hard_sigmoid_keras2")(hardSigmoid);
}
