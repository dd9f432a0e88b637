/** https://keras.io/api/utils/ */

export { clearSession, setRandomSeed } from "../random/seeds.js";
export { Progbar, type ProgbarOptions } from "../utils/progbar.js";
export { normalize, toCategorical } from "./numerical.js";
export { type PlotModelOptions, plotModel } from "./plot/plotModel.js";
