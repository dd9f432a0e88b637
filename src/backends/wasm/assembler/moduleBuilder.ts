import { encodeModule } from "./encode.js";
import { FunctionBuilder } from "./functionBuilder.js";
import type {
  FunctionDefinition,
  FunctionImport,
  FunctionRef,
  FunctionType,
  GlobalRef,
  Local,
  MemoryImport,
  MemoryLimits,
  ModuleDefinition,
  ValueType,
} from "./instruction.js";

/**
 * A WebAssembly module: imports and functions, written once and given both as bytes and as text.
 *
 * ```ts
 * const module = new ModuleBuilder();
 * module.function("add", [["x", "f32"], ["y", "f32"]], ["f32"], (f, x, y) => f.get(x).get(y).op("f32.add"), {
 *   export: "add",
 * });
 * const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
 * ```
 */
export class ModuleBuilder {
  #memory: MemoryImport | undefined;
  readonly #globals: GlobalRef[] = [];
  readonly #functionImports: FunctionImport[] = [];
  readonly #functions: FunctionDefinition[] = [];

  /** The memory that all loads and stores use. Sizes in pages of 64 KiB. */
  importMemory(module: string, name: string, limits: MemoryLimits): void {
    if (this.#memory) throw new Error("The wasm module already has a memory, and there can be only one.");
    if (limits.shared && limits.maximum === undefined)
      throw new Error(`The shared wasm memory \`${name}\` needs a maximum. Received: maximum=undefined`);
    this.#memory = { module, name, limits };
  }

  /** An immutable global. */
  importGlobal(module: string, name: string, type: ValueType): GlobalRef {
    const global = { module, name, type };
    this.#globals.push(global);
    return global;
  }

  importFunction(module: string, name: string, type: FunctionType): FunctionRef {
    const imported = { module, name, type };
    this.#functionImports.push(imported);
    return imported;
  }

  /** Defines a function. `build` is called once, at once, and appends the body; names are for the text and traces. */
  function(
    name: string,
    parameters: readonly (readonly [name: string, type: ValueType])[],
    results: readonly ValueType[],
    build: (f: FunctionBuilder, ...parameters: Local[]) => void,
    options: { export?: string } = {},
  ): FunctionRef {
    const builder = new FunctionBuilder(name);
    const locals = parameters.map(([parameter, type]) => builder.local(type, parameter));
    build(builder, ...locals);
    const definition: FunctionDefinition = {
      name,
      type: { parameters: locals.map((local) => local.type), results },
      parameters: locals,
      locals: builder.variables.slice(locals.length),
      body: builder.body,
      exportName: options.export,
    };
    this.#functions.push(definition);
    return definition;
  }

  /** The binary format, for `WebAssembly.compile`. Function names are kept for stack traces and profiles. */
  encode(): Uint8Array<ArrayBuffer> {
    return encodeModule(this.definition);
  }

  /** What was built so far; `printModule` shows it as text. */
  get definition(): ModuleDefinition {
    return {
      memory: this.#memory,
      globals: this.#globals,
      functionImports: this.#functionImports,
      functions: this.#functions,
    };
  }
}
