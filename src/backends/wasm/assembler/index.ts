export { FunctionBuilder } from "./functionBuilder.js";
export type { FunctionRef, FunctionType, GlobalRef, Label, Local, ValueType } from "./instruction.js";
export { ModuleBuilder } from "./moduleBuilder.js";
export type {
  AtomicName,
  LaneName,
  LoadLaneName,
  LoadName,
  OpName,
  StoreLaneName,
  StoreName,
} from "./opcodes.js";
