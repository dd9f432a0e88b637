import type { Place } from "../../compiler/schedule.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";

/** How large is what is others in each step of a program. */
export interface Sizes {
  /** Bytes of each output's result; 0 for those that update an input. */
  readonly outputs: readonly number[];
  /** Bytes of each input that advances. */
  readonly advancing: readonly number[];
}

/** How far the places of a step's inputs and results are from the first ones. */
export class Moves {
  readonly #inputs: readonly Local[];
  readonly #outputs: readonly (Local | undefined)[];
  /** Where the step's inputs lie, in steps, and for how many there is room. */
  #slot: Local | undefined;
  #room: Local | undefined;

  constructor(
    readonly f: FunctionBuilder,
    readonly sizes: Sizes,
  ) {
    this.#inputs = sizes.advancing.map(() => f.local("i32", "from"));
    this.#outputs = sizes.outputs.map((bytes) => (bytes > 0 ? f.local("i32", "to") : undefined));
  }

  start(first: Local, room: Local): void {
    const { f } = this;
    this.#room = room;
    this.#slot = f.local("i32", "slot");
    f.get(first).get(room).op("i32.rem_u").set(this.#slot);
    this.#place(this.#slot);
    for (const [i, to] of this.#outputs.entries())
      if (to) f.get(first).i32(this.sizes.outputs[i]).op("i32.mul").set(to);
  }

  #place(slot: Local): void {
    for (const [i, from] of this.#inputs.entries())
      this.f.get(slot).i32(this.sizes.advancing[i]).op("i32.mul").set(from);
  }

  /** Adds the distance to an address. */
  add(place: Place): void {
    if (!("index" in place)) return;
    const move = (place.in === "input" ? this.#inputs : this.#outputs)[place.index];
    if (move) this.f.get(move).op("i32.add");
  }

  /** Goes on to the next step. */
  advance(): void {
    const { f } = this;
    for (const [i, to] of this.#outputs.entries())
      if (to) f.get(to).i32(this.sizes.outputs[i]).op("i32.add").set(to);
    if (!this.#slot || !this.#room) return;
    f.i32(0).get(this.#slot).i32(1).op("i32.add").tee(this.#slot);
    f.get(this.#slot).get(this.#room).op("i32.eq").select().set(this.#slot);
    this.#place(this.#slot);
  }
}
