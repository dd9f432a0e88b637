/** https://keras.io/api/callbacks/ */
export { BackupAndRestore, type BackupAndRestoreOptions } from "./backup/backupAndRestore.js";
export {
  Callback,
  CallbackList,
  type CallbackModel,
  type CallbackParams,
  type CallbackState,
  type Logs,
  type Phase,
  type PredictLogs,
  type TrainingPosition,
} from "./callback.js";
export { CSVLogger, type CSVLoggerOptions } from "./csvLogger.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./earlyStopping.js";
export { History } from "./history.js";
export { LambdaCallback, type LambdaCallbackOptions } from "./lambdaCallback.js";
export { LearningRateScheduler, type LearningRateSchedulerOptions } from "./learningRateScheduler.js";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./modelCheckpoint.js";
export type { MonitorMode, MonitorOptions } from "./monitor.js";
export { ProgbarLogger } from "./progbarLogger.js";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./reduceLROnPlateau.js";
export { SwapEMAWeights, type SwapEMAWeightsOptions } from "./swapEMAWeights.js";
export { TensorBoard, type TensorBoardOptions } from "./tensorBoard/tensorBoard.js";
export { TerminateOnNaN, type TerminateOnNaNOptions } from "./terminateOnNaN.js";
