import { snakeCase, uniqueName } from "../utils/naming.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { type GraphOperation, hasKerasTensor, type KerasTensor, Node } from "./kerasTensor.js";
import { outputSpec } from "./outputSpec.js";
import type { Structure } from "./structure.js";
import type { Tensor } from "./tensor.js";

/** What a function of tensors gives for symbolic tensors. */
export type Symbolic<T> =
  Structure<Tensor> extends T
    ? Structure<KerasTensor>
    : T extends Tensor
      ? KerasTensor
      : T extends readonly unknown[]
        ? { -readonly [K in keyof T]: Symbolic<T[K]> }
        : T extends Readonly<Record<string, unknown>>
          ? { [K in keyof T]: Symbolic<T[K]> }
          : T;

/** What a symbolic tensor stands for, in the same structure. */
export type Concrete<S> =
  Structure<KerasTensor> extends S
    ? Structure<Tensor>
    : S extends KerasTensor
      ? Tensor
      : { -readonly [K in keyof S]: Concrete<S[K]> };

/** Arguments of which the tensors may be symbolic. */
export type SymbolicArguments<A> = { [K in keyof A]: OrSymbolic<A[K]> };
type OrSymbolic<T> = [Tensor] extends [T]
  ? T | KerasTensor
  : T extends readonly (infer E)[]
    ? readonly OrSymbolic<E>[]
    : T;

/** A function of tensors that also takes symbolic tensors of a functional model, and then becomes a node of it. */
export interface Operation<A extends readonly unknown[], R> {
  (...args: A): R;
  (...args: SymbolicArguments<A>): Symbolic<R>;
}

/** How Keras knows an operation. */
interface Signature {
  readonly module: string;
  readonly className: string;
  /** Arguments that stand in a node. */
  readonly tensors: readonly TensorArgument[];
  /** Whether the function has one array of them, and the node each by itself. */
  readonly variadic: boolean;
  /** Arguments that stand in the configuration. */
  readonly settings: readonly Setting[];
}

interface TensorArgument {
  readonly name: string;
  /** Where the function has it in its object of options: whether the node has it by place or by name. */
  readonly option: "place" | "name" | undefined;
}

/** A part of an operation's configuration. */
interface Setting {
  readonly name: string;
  readonly otherwise: Json;
  /** Whether the function has it in its last argument, an object of options. */
  readonly option: boolean;
  /** Whether it is left out where it has its default. */
  readonly optional: boolean;
}

const definitions = new WeakMap<object, OperationDefinition>();

/** The definition of a function that `operation` made. */
export function definitionOf(fn: unknown): OperationDefinition | undefined {
  return typeof fn === "function" ? definitions.get(fn) : undefined;
}

/** An operation as a node of a functional model sees it. */
export class OperationDefinition {
  #signature: Signature | undefined;

  constructor(
    readonly text: string,
    readonly compute: (...args: unknown[]) => Structure<Tensor>,
  ) {}

  get signature(): Signature {
    this.#signature ??= parseSignature(this.text);
    return this.#signature;
  }
}

/**
 * Makes a function of tensors an operation of functional models.
 *
 * @param signature Keras's class and its arguments, such as `"numpy.Sum(x; axis=null, keepdims=false)"`: tensors, then what
 *   its configuration holds, in the order of the function's parameters. From `...name` on they are in an object of options, and so
 *   are the tensors `name?` and `name=` (which a node has by place, and by name). `*names` are tensors in one array. A setting
 *   `name?` is left out of the configuration where it has its default.
 */
export function operation<F extends object>(
  signature: string,
  compute: F,
): F extends (...args: infer A) => infer R ? Operation<A, R> : never;
/** @param arrange brings the arguments into the order of the signature */
export function operation<A extends readonly unknown[], B extends readonly unknown[], R>(
  signature: string,
  compute: (...args: B) => R,
  arrange: (...args: A) => B,
): Operation<A, R>;
export function operation(
  signature: string,
  compute: unknown,
  arrange: (...args: never[]) => readonly unknown[] = (...args) => args,
): unknown {
  const evaluate = compute as (...args: unknown[]) => Structure<Tensor>;
  const definition = new OperationDefinition(signature, evaluate);
  const call = (...args: unknown[]) => {
    const given = arrange(...(args as never[]));
    return given.some(hasKerasTensor) ? OperationNode.call(definition, given) : evaluate(...given);
  };
  definitions.set(call, definition);
  return call;
}

function parseSignature(text: string): Signature {
  const [, module, className, tensors, settings = ""] = /^(\w+)\.(\w+)\(([^;]*)(?:;(.*))?\)$/.exec(
    text,
  ) as RegExpExecArray;
  const names = (list: string) => list.split(", ").flatMap((part) => part.trim() || []);
  const options = names(settings).findIndex((part) => part.startsWith("..."));
  return {
    module: `keras.src.ops.${module}`,
    className,
    tensors: names(tensors).map((part) => {
      const [, name, kind] = /^\*?(\w+)([?=]?)$/.exec(part) as RegExpExecArray;
      return { name, option: kind === "?" ? "place" : kind === "=" ? "name" : undefined };
    }),
    variadic: tensors.startsWith("*"),
    settings: names(settings).map((part, i) => {
      const [, name, optional, otherwise = "null"] = /^(?:\.\.\.)?(\w+)(\?)?(?:=(.*))?$/.exec(
        part,
      ) as RegExpExecArray;
      return {
        name,
        otherwise: JSON.parse(otherwise) as Json,
        option: options >= 0 && i >= options,
        optional: optional === "?",
      };
    }),
  };
}

/** One use of an operation in functional models. */
export class OperationNode implements GraphOperation {
  readonly name: string;
  readonly #nodes: Node[] = [];

  /** @param settings what the function was given behind the tensors, by Keras's names */
  constructor(
    readonly definition: OperationDefinition,
    readonly settings: Config,
    name?: string,
  ) {
    this.name = name ?? uniqueName(snakeCase(definition.signature.className));
  }

  /** Makes a node. @param args as given to the function, some of them symbolic */
  static call(definition: OperationDefinition, args: readonly unknown[]): Structure<KerasTensor> {
    const { tensors, settings, variadic } = definition.signature;
    const first = tensors.filter(({ option }) => !option).length;
    const given = args.slice(first);
    const options = snakeCaseKeys(given[settings.filter(({ option }) => !option).length]);
    const values = settings.map(({ name, otherwise, option }, i): [string, Json] => {
      const value = (option ? options[name] : given[i]) as Json | undefined;
      return [name, value === undefined ? otherwise : value];
    });
    const optional = (kind: TensorArgument["option"]) => tensors.filter(({ option }) => option === kind);
    const places = [...args.slice(0, first), ...optional("place").map(({ name }) => options[name])];
    return new OperationNode(definition, Object.fromEntries(values)).apply(
      variadic ? (args[0] as readonly unknown[]) : places,
      camelCaseKeys(Object.fromEntries(optional("name").map(({ name }) => [name, options[name] as Json]))),
    );
  }

  /** @param config Keras's, with the name and the settings */
  static fromConfig(definition: OperationDefinition, config: Config): OperationNode {
    const { name, ...given } = config;
    const defaults = definition.signature.settings.map((setting) => [setting.name, setting.otherwise]);
    return new OperationNode(
      definition,
      { ...Object.fromEntries(defaults), ...given },
      name as string | undefined,
    );
  }

  get className(): string {
    return this.definition.signature.className;
  }

  get module(): string {
    return this.definition.signature.module;
  }

  get inboundNodes(): readonly Node[] {
    return this.#nodes;
  }

  /** @param args what the node has by place, some of it symbolic @param options what it has by name */
  apply(args: readonly unknown[], options: Readonly<Record<string, unknown>> = {}): Structure<KerasTensor> {
    const outputs = this.computeOutputSpec(args, options);
    this.record(args, options, outputs);
    return outputs;
  }

  record(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
    outputs: Structure<KerasTensor>,
  ): void {
    this.#nodes.push(new Node(this, args, options, outputs));
  }

  computeOutputSpec(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor> {
    return outputSpec([args, options], (places, names) =>
      this.run(places as readonly unknown[], names as Readonly<Record<string, unknown>>),
    );
  }

  run(args: readonly unknown[], named: Readonly<Record<string, unknown>>): Structure<Tensor> {
    const { tensors, settings, variadic } = this.definition.signature;
    // null is only told apart from what is left out where it means something else
    const value = ({ name, otherwise }: Setting) =>
      this.settings[name] === null && otherwise === null ? undefined : this.settings[name];
    const options = settings.filter(({ option }) => option);
    const first = tensors.filter(({ option }) => !option).length;
    const places = tensors.filter(({ option }) => option === "place");
    const hasOptions = options.length > 0 || first < tensors.length;
    return this.definition.compute(
      ...(variadic ? [args] : Array.from({ length: first }, (_, i) => args[i])),
      ...settings.filter(({ option }) => !option).map(value),
      ...(hasOptions
        ? [
            {
              ...camelCaseKeys(Object.fromEntries(options.map((o) => [o.name, value(o) as Json]))),
              ...Object.fromEntries(places.map(({ name }, i) => [name, args[first + i]])),
              ...named,
            },
          ]
        : []),
    );
  }

  getConfig(): Config {
    const kept = this.definition.signature.settings.filter(
      ({ name, otherwise, optional }) => !optional || this.settings[name] !== otherwise,
    );
    return { name: this.name, ...Object.fromEntries(kept.map(({ name }) => [name, this.settings[name]])) };
  }
}

/** An object of options with Keras's names for its keys. */
function snakeCaseKeys(options: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options ?? {}).map(([key, value]) => [snakeCase(key), value]));
}
