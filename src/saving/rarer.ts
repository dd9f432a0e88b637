import { rarerLosses } from "../losses/rarer.js";
import { registry as losses } from "../losses/registry.js";
import { rarerMetrics } from "../metrics/rarer.js";
import { registry as metrics } from "../metrics/registry.js";

/** Makes all of Keras's losses and metrics known. A page loads them with the first run of a model that was compiled with one. */
export function registerRarer(): void {
  for (const cls of rarerLosses) losses.register(cls);
  for (const cls of rarerMetrics) metrics.register(cls);
}
