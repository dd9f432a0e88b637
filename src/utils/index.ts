/** https://keras.io/api/utils/ */
export { clearSession, setRandomSeed } from "./seeds.js";
export { Progbar, type ProgbarOptions } from "./progbar.js";
