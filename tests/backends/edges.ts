import { emitProgram } from "../../src/backends/wasm/emitProgram.js";
import { MAX_PAGES } from "../../src/backends/wasm/heap.js";
import { lower } from "../../src/compiler/lower.js";
import { simplify } from "../../src/compiler/passes.js";
import { type Schedule, schedule } from "../../src/compiler/schedule.js";
import { byteSize, type TypedArray, viewArray } from "../../src/tensor/dtype.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { constantData, type Graph } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";

const PAGE = 65536;
/** What is allocated reaches at least this far past an array's end, so vectors may be read there. */
const OVERREAD = 16;
/** Behind everything but the last block, at least; a store there is noticed. */
const GAP = 64;
const UNTOUCHED = 0xff;

/** Memory of the program: an operand, a result, or what it has for itself. */
interface Block {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Runs generated code with one block after the other at the end of the memory, where reading far behind it is a trap, and
 * with everything that belongs to nobody filled with NaN.
 *
 * @returns the results of each run
 * @throws if something is read outside of the memory or written outside of the blocks
 */
export function atTheEdges(graph: Graph, inputs: readonly HostArray[]): TypedArray[][] {
  const plan = planOf(graph);
  const module = moduleOf(plan, graph);
  const blocks = blocksOf(plan, graph, inputs, 1);
  return blocks.map((last) => {
    const placed = place(blocks, last);
    const exports = instantiate(module, placed, plan, inputs);
    try {
      exports.load();
      exports.run(0, 1, 1);
      exports.store();
    } catch (error) {
      throw new Error(`${last.name} at the end of the memory: ${(error as Error).message}`);
    }
    expectUntouched(placed.memory, blocks, placed.addresses);
    return resultsIn(placed, graph);
  });
}

/**
 * Runs each phase of generated code as several threads would, but one after the other: what a thread computes in a phase must
 * not need what another one computes in it, nor may it touch that.
 *
 * @param order the threads' numbers in the order in which they run
 */
export function threadByThread(
  graph: Graph,
  inputs: readonly HostArray[],
  order: readonly number[],
): TypedArray[] {
  const plan = planOf(graph);
  const blocks = blocksOf(plan, graph, inputs, order.length);
  const placed = place(blocks, blocks[blocks.length - 1]);
  const phases = plan.phases.map((phase) => {
    const module = moduleOf({ ...plan, phases: [phase] }, graph);
    return instantiate(module, placed, plan, inputs);
  });
  phases[0]?.load();
  for (const { run } of phases) for (const thread of order) run(thread, order.length, 1);
  phases[0]?.store();
  expectUntouched(placed.memory, blocks, placed.addresses);
  return resultsIn(placed, graph);
}

function planOf(graph: Graph): Schedule {
  const simple = simplify(graph);
  return schedule(simple, lower(simple));
}

const bytesOf = ({ shape, dtype }: Pick<HostArray, "shape" | "dtype">) => sizeOf(shape) * byteSize(dtype);

function moduleOf(plan: Schedule, graph: Graph): WebAssembly.Module {
  const outputs = graph.outputs.map((output, i) => (graph.updates.has(i) ? 0 : bytesOf(output)));
  const code = emitProgram(plan, graph.inputs.length, { outputs, advancing: [] }, { shared: false }).encode();
  return new WebAssembly.Module(code as BufferSource);
}

function blocksOf(plan: Schedule, graph: Graph, inputs: readonly HostArray[], threads: number): Block[] {
  return [
    ...inputs.map((input, i) => ({ name: `input${i}`, bytes: bytesOf(input) })),
    ...graph.outputs.map((output, i) => ({ name: `output${i}`, bytes: bytesOf(output) })),
    { name: "constants", bytes: plan.constantBytes },
    { name: "arena", bytes: plan.arenaBytes },
    { name: "own", bytes: plan.ownBytes * threads },
    { name: "kept", bytes: plan.kept.bytes },
  ];
}

interface Placed {
  readonly memory: WebAssembly.Memory;
  readonly addresses: ReadonlyMap<string, number>;
}

function instantiate(
  module: WebAssembly.Module,
  { memory, addresses }: Placed,
  plan: Schedule,
  inputs: readonly HostArray[],
) {
  const at = (name: string) => addresses.get(name) as number;
  const write = (address: number, data: TypedArray) =>
    new Uint8Array(memory.buffer, address).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  for (const [i, { data }] of inputs.entries()) write(at(`input${i}`), data);
  for (const { value, offset } of plan.constants)
    write(at("constants") + offset, constantData(value) as TypedArray);
  write(at("kept"), new Uint8Array(plan.kept.cleared));
  const keratin: Record<string, WebAssembly.ImportValue> = { memory };
  for (const [name, address] of addresses)
    keratin[name] = new WebAssembly.Global({ value: "i32", mutable: false }, address);
  return new WebAssembly.Instance(module, { keratin }).exports as unknown as {
    load(): void;
    run(thread: number, threads: number, steps: number): void;
    store(): void;
  };
}

function resultsIn({ memory, addresses }: Placed, graph: Graph): TypedArray[] {
  return graph.outputs.map(({ shape, dtype }, i) => {
    const updated = graph.updates.get(i);
    const address = addresses.get(updated === undefined ? `output${i}` : `input${updated}`) as number;
    return viewArray(dtype, memory.buffer, address, sizeOf(shape)).slice();
  });
}

/** Address 0 holds a zero; blocks start at multiples of 64, the last one ends where reading behind it is still allowed. */
function place(blocks: readonly Block[], last: Block): Placed {
  const addresses = new Map<string, number>();
  let end = GAP;
  for (const block of blocks) {
    if (block === last) continue;
    addresses.set(block.name, end);
    end += Math.ceil((block.bytes + GAP) / GAP) * GAP;
  }
  const size = Math.ceil((last.bytes + OVERREAD) / 4) * 4;
  const pages = Math.ceil((end + size) / PAGE);
  addresses.set(last.name, pages * PAGE - size);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
  new Uint8Array(memory.buffer, GAP).fill(UNTOUCHED);
  return { memory, addresses };
}

function expectUntouched(
  { buffer }: WebAssembly.Memory,
  blocks: readonly Block[],
  addresses: ReadonlyMap<string, number>,
): void {
  const bytes = new Uint8Array(buffer);
  const sorted = blocks
    .map(({ name, bytes }) => ({ name, from: addresses.get(name) as number, bytes }))
    .sort((a, b) => a.from - b.from);
  let before = { name: "the beginning", end: GAP };
  for (const { name, from, bytes: length } of [...sorted, { name: "", from: bytes.length, bytes: 0 }]) {
    const touched = bytes.subarray(before.end, from).findIndex((byte) => byte !== UNTOUCHED);
    if (touched >= 0)
      throw new Error(`Something was stored ${touched} bytes behind the end of ${before.name}.`);
    before = { name, end: from + length };
  }
}
