/** https://keras.io/api/utils/ */

export { clearSession, setRandomSeed } from "../random/seeds.js";
export { Progbar, type ProgbarOptions } from "../utils/progbar.js";
