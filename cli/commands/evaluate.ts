import { datasets, type Tensor } from "keratin";
import { modelOf } from "../modelFile.js";
import { imagesFor } from "../practical/build.js";

export interface EvaluateArguments {
  readonly data?: string;
  readonly batchSize: number;
  readonly json: boolean;
}

/** `keratin evaluate <file>`: loss and metrics of a saved model on MNIST's test images. */
export async function evaluate(file: string, options: EvaluateArguments): Promise<void> {
  const model = await modelOf(file);
  if (!model.optimizer)
    throw new Error(
      `${file} holds no compiled model, so there is no loss to compute. Compile it before it is saved: model.compile({ loss: … }).`,
    );
  const { json, batchSize } = options;
  const { test } = await datasets.mnist.loadData({
    path: options.data,
    ...(json ? { write: (text: string) => void process.stderr.write(text) } : {}),
  });
  const results = await model.evaluate(imagesFor(model, test.x.div(255) as Tensor), test.y, {
    batchSize,
    verbose: json ? 0 : "auto",
    returnDict: true,
  });
  process.stdout.write(
    json
      ? `${JSON.stringify(results)}\n`
      : Object.entries(results)
          .map(([name, value]) => `${name}: ${value.toFixed(4)}\n`)
          .join(""),
  );
}
