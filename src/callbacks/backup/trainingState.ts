import { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { globalGeneratorState, restoreGlobalGenerator } from "../../random/seedGenerator.js";
import { restoreStreams, saveStreams } from "../../random/streams.js";
import { formatShape, sameShape } from "../../tensor/shape.js";
import { crc32c } from "../../utils/crc.js";
import type { Json } from "../../utils/serialization.js";
import type { Callback, CallbackModel, CallbackState, TrainingPosition } from "../callback.js";
import { decodeSafeTensors, encodeSafeTensors } from "./safetensors.js";

/** All that a run of `fit` goes on from. */
export interface TrainingState {
  readonly position: TrainingPosition;
  /** Steps in an epoch. */
  readonly steps: number | null;
  /** The process-wide generator; null if nobody has used it. */
  readonly globalGenerator: readonly [number, number] | null;
  readonly callbacks: readonly { readonly className: string; readonly state: CallbackState | null }[];
  /** `variable.0.sequential/dense/kernel`, `random.numpy`, … */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Everything that a step of training may change: weights, random generators, optimizer, metrics. */
function stateVariables(model: CallbackModel): Variable[] {
  return [
    ...new Set([
      ...model.variables,
      ...(model.optimizer?.variables ?? []),
      ...model.metrics.flatMap((metric) => metric.variables),
    ]),
  ];
}

const words = (data: Uint32Array) => new Tensor(data, { shape: [data.length], dtype: "uint32" });

/** What holds now, between two steps. */
export function captureState(
  model: CallbackModel,
  callbacks: readonly Callback[],
  steps: number | null,
): TrainingState {
  const tensors = new Map<string, Tensor>();
  for (const [i, variable] of stateVariables(model).entries())
    tensors.set(`variable.${i}.${variable.path}`, variable.value);
  const { python, numpy } = saveStreams();
  tensors.set("random.python", words(python));
  tensors.set("random.numpy", words(numpy));
  const position = model.trainingPosition;
  if (position.shuffleState) tensors.set("random.shuffle", words(position.shuffleState));
  return {
    position,
    steps,
    globalGenerator: globalGeneratorState(),
    callbacks: callbacks.map((callback) => ({
      className: (callback.constructor as typeof Callback).className,
      state: callback.getState(),
    })),
    tensors,
  };
}

/**
 * Makes everything what it was.
 * @throws if the state is another model's; then nothing is changed
 */
export function applyState(state: TrainingState, model: CallbackModel, callbacks: readonly Callback[]): void {
  const variables = stateVariables(model);
  const saved = [...state.tensors].filter(([name]) => name.startsWith("variable."));
  if (saved.length !== variables.length) {
    throw new Error(
      `it has ${saved.length} variables, and model '${model.name}' with optimizer and metrics has ${variables.length}`,
    );
  }
  for (const [i, { path, shape, dtype }] of variables.entries()) {
    const [name, tensor] = saved[i];
    if (!sameShape(tensor.shape, shape) || tensor.dtype !== dtype) {
      throw new Error(
        `its '${name.split(".").slice(2).join(".")}' has shape ${formatShape(tensor.shape)} and dtype ${tensor.dtype}, where model '${model.name}' has '${path}' of shape ${formatShape(shape)} and dtype ${dtype}`,
      );
    }
  }
  for (const [i, variable] of variables.entries()) variable.assign(saved[i][1]);
  const stream = (name: string) => state.tensors.get(`random.${name}`)?.data as Uint32Array;
  restoreStreams({ python: stream("python"), numpy: stream("numpy") });
  restoreGlobalGenerator(state.globalGenerator);
  // further callbacks, or others, are no reason to refuse: those that were there go on
  const left = [...state.callbacks];
  for (const callback of callbacks) {
    const { className } = callback.constructor as typeof Callback;
    const at = left.findIndex((entry) => entry.className === className);
    if (at < 0) continue;
    const [{ state: own }] = left.splice(at, 1);
    if (own) callback.setState(own);
  }
}

const FORMAT = "keratin training state 1";

/** As the bytes of a safetensors file. */
export function encodeState(state: TrainingState): Uint8Array {
  const tensors = new Map(state.tensors);
  const { shuffleState: _, ...position } = state.position;
  const callbacks = state.callbacks.map(({ className, state: own }, i) => ({
    className,
    state: own && packTensors(own, `callback.${i}`, tensors),
  }));
  const { steps, globalGenerator } = state;
  const content = JSON.stringify({ position, steps, globalGenerator, callbacks }, encodeSpecial);
  const metadata = { format: FORMAT, state: content, checksum: checksum(content, tensors) };
  return encodeSafeTensors({ tensors, metadata });
}

/** @throws if the bytes are no such file, a part of one, or changed */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { tensors, metadata } = decodeSafeTensors(bytes);
  if (metadata.format !== FORMAT) throw new Error(`its format is not '${FORMAT}'`);
  if (metadata.checksum !== checksum(metadata.state, tensors)) throw new Error("its checksum differs");
  const { position, callbacks, ...rest } = JSON.parse(metadata.state, decodeSpecial);
  return {
    ...rest,
    position: { ...position, shuffleState: tensors.get("random.shuffle")?.data ?? null },
    callbacks: callbacks.map(({ className, state }: { className: string; state: Json }) => ({
      className,
      state: state && unpackTensors(state as Record<string, Json>, tensors),
    })),
    tensors,
  };
}

function checksum(content: string, tensors: ReadonlyMap<string, Tensor>): string {
  const encoder = new TextEncoder();
  const sums = [crc32c(encoder.encode(content))];
  for (const [name, { data }] of tensors) {
    sums.push(crc32c(encoder.encode(name)));
    sums.push(crc32c(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }
  return crc32c(new Uint8Array(Uint32Array.from(sums).buffer)).toString(16);
}

/** Moves tensors out of a callback's state and leaves their names. */
function packTensors(state: CallbackState, prefix: string, tensors: Map<string, Tensor>): Json {
  const put = (name: string, tensor: Tensor) => {
    tensors.set(`${prefix}.${name}`, tensor);
    return { $tensor: `${prefix}.${name}` };
  };
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => {
      if (value instanceof Tensor) return [name, put(name, value)];
      if (!Array.isArray(value)) return [name, value as Json];
      return [
        name,
        value.map((element, i) => (element instanceof Tensor ? put(`${name}.${i}`, element) : element)),
      ];
    }),
  );
}

function unpackTensors(
  state: Readonly<Record<string, Json>>,
  tensors: ReadonlyMap<string, Tensor>,
): CallbackState {
  const take = (value: Json): Json | Tensor => {
    const name =
      typeof value === "object" && value !== null && "$tensor" in value ? value.$tensor : undefined;
    return typeof name === "string" ? (tensors.get(name) as Tensor) : value;
  };
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(take) : take(value),
    ]),
  ) as CallbackState;
}

/** JSON has no NaN, no infinities and no −0. */
function encodeSpecial(_key: string, value: unknown): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { $number: Object.is(value, -0) ? "-0" : String(value) };
}

function decodeSpecial(_key: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && "$number" in value ? Number(value.$number) : value;
}
