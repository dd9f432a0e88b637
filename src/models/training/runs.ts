/** All that runs are made of, in one file for pages: it is loaded with a model's first run. */
export { Runner } from "./runner.js";
export { SingleRunner } from "./single.js";
