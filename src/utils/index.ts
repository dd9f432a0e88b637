/** https://keras.io/api/utils/ */

export { Progbar, type ProgbarOptions } from "./progbar.js";
export { clearSession, setRandomSeed } from "./seeds.js";
