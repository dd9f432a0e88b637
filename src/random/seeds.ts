import { resetNames } from "../utils/naming.js";
import { resetGlobalGenerator } from "./seedGenerator.js";
import { setStreams } from "./streams.js";

/**
 * Makes everything random repeat: the same seed gives the same initial weights, shuffles and dropout masks, here and in Python
 * Keras on JAX.
 *
 * @param seed an integer from 0 to 2³² − 1
 * @see https://keras.io/api/utils/python_utils/#setrandomseed-function
 */
export function setRandomSeed(seed: number): void {
  setStreams(seed);
  resetGlobalGenerator();
}

/**
 * Starts the automatic numbering of names again.
 * @see https://keras.io/api/utils/config_utils/#clearsession-function
 */
export function clearSession(): void {
  resetNames();
  resetGlobalGenerator();
}
