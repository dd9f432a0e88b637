import { type DType, type TypedArray, viewArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { evaluateGraph } from "../../trace/evaluate.js";
import type { Graph, TensorType } from "../../trace/graph.js";
import type { Backend, BoundProgram, CompiledProgram, Storage, Supply } from "../backend.js";

/**
 * The definition of what a program computes: every node in order, by its primitive's own plain loops.
 * Nothing is fused, reordered or reused.
 */
export const referenceBackend: Backend = {
  name: "reference",
  allocate: (byteLength) => new ReferenceStorage(byteLength),
  compile: (graph) => new ReferenceProgram(graph),
};

class ReferenceStorage implements Storage {
  readonly backend = referenceBackend;
  readonly #bytes: Uint8Array;

  constructor(readonly byteLength: number) {
    this.#bytes = new Uint8Array(byteLength);
  }

  view(dtype: DType, length: number, byteOffset = 0): TypedArray {
    return viewArray(dtype, this.#bytes.buffer, byteOffset, length);
  }

  read(dtype: DType, length: number, byteOffset = 0): TypedArray {
    return this.view(dtype, length, byteOffset).slice();
  }

  write(data: TypedArray, byteOffset = 0): void {
    this.#bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), byteOffset);
  }

  release(): void {}
}

class ReferenceProgram implements CompiledProgram {
  constructor(readonly graph: Graph) {}

  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram {
    const { graph } = this;
    const view = (storage: Storage, { shape, dtype }: TensorType) =>
      (storage as ReferenceStorage).view(dtype, sizeOf(shape));
    const run = (steps: number, collect: boolean, supply?: Supply) => {
      for (let step = 0; step < steps; step++) {
        supply?.fill(step, 1, 0);
        const given = graph.inputs.map((type, i) => ({
          shape: type.shape,
          dtype: type.dtype,
          data: view(inputs[i], type),
        }));
        // all results exist before the first is written: an output may overwrite an input
        const results = evaluateGraph(graph, given).map(({ data }) => data.slice());
        for (const [i, data] of results.entries()) {
          const kept = collect && !graph.updates.has(i);
          outputs[i].write(data, kept ? step * data.byteLength : 0);
        }
      }
    };
    return {
      run: (steps) => run(steps, false),
      collect: (steps, supply) => run(steps, true, supply),
      release() {},
    };
  }
}
