import { shuffled } from "../engine/index.ts";
import { HyperparameterError } from "../optim/index.ts";
import type { Examples } from "./datasets.ts";

/** Random streams from here on shuffle the epochs; those below belong to the initial weights. */
const firstStream = 1 << 16;

/**
 * Shuffled batches, each a pure function of the seed and the step: any step can be asked for at any time. Every epoch has
 * an order of its own, and what does not fill a batch at its end is left out.
 */
export class Batches {
  readonly stepsPerEpoch: number;
  readonly #examples: Examples;
  readonly #features: number;
  readonly #batch: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  /** @throws HyperparameterError where the examples do not fill one batch. */
  constructor(examples: Examples, batch: number, seed: number) {
    if (!Number.isInteger(batch) || batch < 1 || batch > examples.count) {
      throw new HyperparameterError(
        `batch: not a number of examples (got ${batch}, allowed 1 to ${examples.count}). Pass a whole number.`,
      );
    }
    this.#examples = examples;
    this.#features = examples.x.length / examples.count;
    this.#batch = batch;
    this.#seed = seed;
    this.stepsPerEpoch = Math.floor(examples.count / batch);
  }

  /** Writes the batch of a step, 0 at the first, into `x` [batch, features] and `y` [batch]. */
  fill(step: number, x: Float32Array, y: Uint32Array): void {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffled(this.#examples.count, this.#seed, firstStream + epoch);
      this.#epoch = epoch;
    }
    const first = (step % this.stepsPerEpoch) * this.#batch;
    for (let row = 0; row < this.#batch; row++) {
      const from = (this.#order[first + row] as number) * this.#features;
      const to = row * this.#features;
      for (let feature = 0; feature < this.#features; feature++) {
        x[to + feature] = this.#examples.x[from + feature] as number;
      }
      y[row] = this.#examples.y[this.#order[first + row] as number] as number;
    }
  }
}
