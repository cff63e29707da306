import type { CommandStream, Dispatch } from "../gpu/index.ts";

/** Milliseconds that one submit of a GPU should take at most: the page is drawn in between, and a driver ends what is longer. */
export const submitBudget = 200;

/** Submits that the first step is cut into, before it is known how long one takes. */
const firstParts = 8;
const mostParts = 64;

/** Finds out how long steps take on the GPU, and so into how many submits one should be cut. */
export class Pace {
  readonly #budget: number;
  readonly #submitted = new Map<number, number>();
  #ended = 0;
  #parts: number;

  /** `budget` in milliseconds; Infinity where nothing has to be drawn in between. */
  constructor(budget: number) {
    this.#budget = budget;
    this.#parts = Number.isFinite(budget) ? firstParts : 1;
  }

  /** Submits of the next step. */
  get parts(): number {
    return this.#parts;
  }

  /** Encodes the launches of a step, and submits all but the last part of them. */
  encode(stream: CommandStream, dispatches: readonly Dispatch[]): void {
    const size = Math.ceil(dispatches.length / this.#parts);
    for (let first = 0; first < dispatches.length; first += size) {
      if (first > 0) stream.submit();
      stream.dispatch(...dispatches.slice(first, first + size));
    }
  }

  /** A step was submitted. */
  begin(step: number, now: number): void {
    this.#submitted.set(step, now);
  }

  /** A step is known to be done: it ran since it was submitted, or since the one before it was done. */
  end(step: number, now: number): void {
    const began = Math.max(this.#submitted.get(step) ?? now, this.#ended);
    this.#submitted.delete(step);
    this.#ended = now;
    if (!Number.isFinite(this.#budget)) return;
    // Twice the room that is needed, since the kernels of a step do not all take as long.
    const wanted = Math.min(Math.max(Math.ceil((2 * (now - began)) / this.#budget), 1), mostParts);
    // Cut finer at once, coarser one by one.
    this.#parts = Math.max(wanted, this.#parts - 1);
  }
}
