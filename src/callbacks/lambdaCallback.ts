import { Callback } from "./callback.js";

/** The hooks of a callback, each optional. */
export type LambdaCallbackOptions = {
  readonly [K in keyof Callback as K extends `on${string}` ? K : never]?: Callback[K];
};

/**
 * A callback of functions.
 *
 * ```ts
 * new LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs?.loss) })
 * ```
 *
 * @see https://keras.io/api/callbacks/lambda_callback/
 */
export class LambdaCallback extends Callback {
  static override readonly className = "LambdaCallback";
  /** @throws if there is no such hook */
  constructor(hooks: LambdaCallbackOptions) {
    super();
    for (const [name, hook] of Object.entries(hooks)) {
      if (!/^on[A-Z]/.test(name) || !(name in Callback.prototype))
        throw new Error(
          `LambdaCallback: there is no hook \`${name}\`. Expected one of: ${hookNames().join(", ")}.`,
        );
      if (hook) Object.assign(this, { [name]: hook });
    }
  }
}

function hookNames(): string[] {
  return Object.getOwnPropertyNames(Callback.prototype).filter((name) => /^on[A-Z]/.test(name));
}
