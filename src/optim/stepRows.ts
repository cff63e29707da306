import type { CommandStream, Slice } from "../gpu/index.ts";
import { checkRange } from "./hyperparameters.ts";
import type { Cohort, Roster } from "./roster.ts";
import { type Scalar, valueAt } from "./schedules/schedule.ts";

/** Floats of a `struct Row` of shaders/optim/parts/rows.wgsl. */
export const rowFloats = 32;

const rowBytes = rowFloats * 4;

/** Another seed for each of 2^32 updates of a tensor, modulo 2^32; the shader makes random words of it. */
const seedOfStep = (seed: number, t: number): number => (seed + Math.imul(t, 0x9e3779b9)) >>> 0;

const generalFloats = 5;

/** Bytes ahead of the rows where gradients are looked at: see shaders/optim/parts/guarded.wgsl. */
export const verdictBytes = 256;

/**
 * The scalars of each step, a row for each cohort. Where a step may turn out to have been skipped, only the GPU knows
 * which step is next, so the rows of many steps lie in slots, one behind the other, and it chooses.
 */
export class StepRows {
  readonly #stream: CommandStream;
  readonly #averageDecay: Scalar;
  readonly #seed: number;
  #rows: readonly Cohort[] = [];
  #room: Slice | undefined;
  #slots = 1;
  #floats = new Float32Array();
  #words = new Uint32Array();
  #slot = 0;
  #versions = 0;

  constructor(stream: CommandStream, { averageDecay, seed }: { averageDecay: Scalar; seed: number }) {
    this.#stream = stream;
    this.#averageDecay = averageDecay;
    this.#seed = seed;
  }

  /** Steps whose rows there is room for. */
  get slots(): number {
    return this.#slots;
  }

  /** Takes up the roster's cohorts; the next step's rows go into the first slot. `room` is where, if there is any work. */
  assign(roster: Roster, room: Slice | undefined, slots: number): void {
    this.#rows = roster.rows;
    this.#room = room;
    this.#slots = slots;
    this.#slot = 0;
    this.#floats = new Float32Array(this.#rows.length * rowFloats);
    this.#words = new Uint32Array(this.#floats.buffer);
    this.#versions = this.#version();
  }

  /**
   * Writes the next step's rows. `unknown` steps before it may have been skipped: their rows are written anew where
   * hyperparameters were set meanwhile.
   */
  write(unknown: number): void {
    const version = this.#version();
    if (version !== this.#versions) for (let back = unknown; back > 0; back--) this.#writeSlot(-back);
    this.#versions = version;
    this.#writeSlot(0);
  }

  /** Counts the step that was written. */
  advance(): void {
    for (const cohort of this.#rows) cohort.advance();
    this.#slot += 1;
  }

  /** Steps that were counted did not happen. */
  takeBack(steps: number): void {
    for (const cohort of this.#rows) cohort.stepCount -= steps;
    this.#slot -= steps;
  }

  /** Another number whenever hyperparameters were set: versions only grow. */
  #version(): number {
    return this.#rows.reduce((sum, { paramGroup }) => sum + paramGroup.version, 0);
  }

  #writeSlot(offset: number): void {
    let at = 0;
    for (const cohort of this.#rows) {
      const t = cohort.stepCount + 1 + offset;
      const { rule } = cohort.paramGroup;
      const { maximize, scalars } = cohort.scalarsAt(t);
      const averageDecay = t === 1 ? 0 : valueAt(this.#averageDecay, t);
      this.#floats.set([maximize ? -1 : 1, t === 1 ? 1 : 0, 1 - averageDecay, averageDecay], at);
      this.#words[at + generalFloats - 1] = seedOfStep(this.#seed, t);
      let i = at + generalFloats;
      for (const name in scalars) this.#floats[i++] = checkRange(rule.name, name, scalars[name] as number, t);
      at += rowFloats;
    }
    if (!this.#room || at === 0) return;
    const slot = (this.#slot + offset + this.#slots) % this.#slots;
    const bytes = this.#rows.length * rowBytes;
    this.#stream.write({ ...this.#room, offset: this.#room.offset + slot * bytes, size: bytes }, this.#floats);
  }
}
