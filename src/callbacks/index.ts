/** https://keras.io/api/callbacks/ */
export { Callback, type CallbackModel, type CallbackParams, type Logs } from "./callback.js";
export { History } from "./history.js";
export { ProgbarLogger } from "./progbarLogger.js";
export * from "./stopping.js";
