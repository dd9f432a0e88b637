import type { LaneName, MemoryName, OpName } from "./opcodes.js";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export interface FunctionType {
  parameters: readonly ValueType[];
  results: readonly ValueType[];
}

/** A parameter or local variable of one function. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
  readonly name: string;
}

/** An imported, immutable global. */
export interface GlobalRef {
  readonly module: string;
  readonly name: string;
  readonly type: ValueType;
}

/** A function of the module, imported or defined. Its index is known when the module is encoded. */
export interface FunctionRef {
  readonly name: string;
  readonly type: FunctionType;
}

/** What a branch goes to: the end of a `block` or `if`, the start of a `loop`. */
export interface Label {
  readonly kind: "block" | "loop" | "if";
}

/** A constant, by its lanes where it is a vector. */
export type Constant =
  | { readonly type: "i32" | "f32" | "f64"; readonly value: number }
  | { readonly type: "i64"; readonly value: bigint }
  | { readonly type: "v128"; readonly shape: "i32x4" | "f32x4" | "f64x2"; readonly lanes: readonly number[] };

/** One instruction of a function body, kept symbolically: indices and branch depths follow when it is written. */
export type Instruction =
  | { readonly kind: "plain"; readonly name: OpName }
  | { readonly kind: "constant"; readonly constant: Constant }
  | { readonly kind: "local"; readonly name: "local.get" | "local.set" | "local.tee"; readonly local: Local }
  | { readonly kind: "global"; readonly global: GlobalRef }
  | { readonly kind: "call"; readonly callee: FunctionRef }
  | {
      readonly kind: "memory";
      readonly name: MemoryName;
      readonly offset: number;
      /** Bytes. */
      readonly align: number;
      readonly lane?: number;
    }
  | { readonly kind: "bulk"; readonly name: "memory.copy" | "memory.fill" }
  | { readonly kind: "lane"; readonly name: LaneName; readonly lane: number }
  | { readonly kind: "shuffle"; readonly lanes: readonly number[] }
  | { readonly kind: "open"; readonly label: Label }
  | { readonly kind: "else" }
  | { readonly kind: "end" }
  | { readonly kind: "branch"; readonly name: "br" | "br_if"; readonly label: Label }
  | { readonly kind: "comment"; readonly text: string };

/** A defined function with its body. */
export interface FunctionDefinition extends FunctionRef {
  readonly parameters: readonly Local[];
  /** Locals after the parameters, by index. */
  readonly locals: readonly Local[];
  readonly body: readonly Instruction[];
  readonly exportName?: string;
}

/** A whole module, before it is encoded or printed. */
export interface ModuleDefinition {
  readonly memory?: MemoryImport;
  readonly globals: readonly GlobalRef[];
  readonly functionImports: readonly FunctionImport[];
  readonly functions: readonly FunctionDefinition[];
}

export interface FunctionImport extends FunctionRef {
  readonly module: string;
}

export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly limits: MemoryLimits;
}

/** Sizes in pages of 64 KiB. A shared memory must have a maximum. */
export interface MemoryLimits {
  initial: number;
  maximum?: number;
  shared?: boolean;
}
