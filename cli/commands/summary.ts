import { modelOf } from "../modelFile.js";

export interface SummaryArguments {
  readonly lineLength?: number;
  readonly showTrainable: boolean;
}

/** `keratin summary <file>`: the layers of a saved model, as Keras shows them. */
export async function summary(file: string, options: SummaryArguments): Promise<void> {
  const model = await modelOf(file);
  model.summary({ lineLength: options.lineLength, showTrainable: options.showTrainable });
}
