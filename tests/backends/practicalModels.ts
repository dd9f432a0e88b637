import { Input, type KerasTensor, type Layer, layers } from "keratin";

const output = () => new layers.Dense(10, { activation: "softmax" });
const hidden = (units: number) => new layers.Dense(units, { activation: "relu" });

/** The five models of the practical. */
export const practicalModels: Record<string, () => (Layer | KerasTensor)[]> = {
  multinom: () => [Input([28, 28]), new layers.Flatten(), output()],
  ffnn: () => [Input([28, 28]), new layers.Flatten(), hidden(64), output()],
  dffnn: () => [Input([28, 28]), new layers.Flatten(), hidden(128), hidden(64), output()],
  cnn: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [5, 5]),
    new layers.MaxPooling2D([4, 4]),
    new layers.Flatten(),
    hidden(32),
    output(),
  ],
  cnn_2: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [3, 3]),
    new layers.MaxPooling2D([2, 2]),
    new layers.Conv2D(12, [3, 3]),
    new layers.MaxPooling2D([2, 2]),
    new layers.Flatten(),
    new layers.Dropout(0.2),
    hidden(32),
    output(),
  ],
};
