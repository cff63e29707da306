/**
 * What a weight decay means. Every convention comes down to one number, the shrink: the share of a weight that one step
 * takes.
 */

import { type Scalar, valueAt } from "./schedules/schedule.ts";

/** The shrink of one step where the decay is multiplied with the learning rate, as everywhere in PyTorch. */
export const shrinkPerStep = (lr: number, weightDecay: number): number => lr * weightDecay;

/** Steps until half of a weight is left, when nothing else moves it: ln 2 / -ln(1 - shrink). */
export const halfLife = (shrink: number): number => Math.LN2 / -Math.log1p(-shrink);

/** Steps over which a weight averages its updates, 1 / shrink (Wang & Aitchison 2025). */
export const timescale = (shrink: number): number => 1 / shrink;

/**
 * The `weightDecay` of an L2 penalty on the loss. With `half` the penalty is (λ/2)‖w‖², whose gradient is λw; without, it
 * is λ‖w‖² (Keras, most textbooks), whose gradient is 2λw.
 */
export function weightDecayFromPenalty(coefficient: number, { half }: { half: boolean }): number {
  return half ? coefficient : 2 * coefficient;
}

/** The `weightDecay` whose shrink at this learning rate is `shrink` a step, a decay in the sense of Hanson & Pratt 1988. */
export const weightDecayFromShrink = (shrink: number, lr: number): number => shrink / lr;

/**
 * The `weightDecay` for a mean loss over `examples` examples that makes the weights the most probable ones under a prior
 * N(0, sigma²): λ = 1 / (examples sigma²).
 */
export const weightDecayFromPrior = ({ sigma, examples }: { sigma: number; examples: number }): number =>
  1 / (examples * sigma ** 2);

/**
 * The `weightDecay` that stays right when the run gets longer or the batch larger: value √(batch / (examples epochs)).
 *
 * Source: Loshchilov & Hutter 2019, appendix B.1 (normalized weight decay).
 */
export function normalizedWeightDecay(run: { value: number; batch: number; examples: number; epochs: number }): number {
  return run.value * Math.sqrt(run.batch / (run.examples * run.epochs));
}

/**
 * A decay that is not PyTorch's `lr * weightDecay`, for rules that decouple: give it as their `weightDecay`. Made by the
 * functions below.
 */
export class Decay {
  readonly #words: string;

  /** `shrinkAt` gives the share of a weight that step t takes, at that step's learning rate. */
  constructor(
    words: string,
    readonly shrinkAt: (t: number, lr: number) => number,
  ) {
    this.#words = words;
  }

  toString(): string {
    return this.#words;
  }
}

/** A schedule has words of its own; of another function they would be its code. */
const words = (value: Scalar): string =>
  typeof value === "function" && value.toString === Function.prototype.toString ? "a function" : `${value}`;

/** w ← (1 - shrink) w, whatever the learning rate: Hanson & Pratt 1988; TensorFlow Addons' `AdamW`. */
export const decayPerStep = (shrink: Scalar): Decay => new Decay(`${words(shrink)} a step`, (t) => valueAt(shrink, t));

/** Half of a weight is gone after so many steps, when nothing else moves it: a shrink of 1 - 2^(-1 / steps). */
export const decayByHalfLife = (steps: Scalar): Decay =>
  new Decay(`a half-life of ${words(steps)} steps`, (t) => -Math.expm1(-Math.LN2 / valueAt(steps, t)));

/** A weight averages its updates over so many steps: a shrink of 1 / steps (Wang & Aitchison 2025). */
export const decayByTimescale = (steps: Scalar): Decay =>
  new Decay(`a timescale of ${words(steps)} steps`, (t) => 1 / valueAt(steps, t));

/**
 * A shrink of multiplier(t) λ, where the learning rate is multiplier(t) times a base rate: the decay follows the schedule,
 * and stays when the base rate is changed. The AdamW paper's own (Loshchilov & Hutter 2019, Algorithm 2, η_t); Wortsman
 * et al. 2023's independent decay.
 */
export const decayBySchedule = (weightDecay: number, multiplier: (t: number) => number): Decay =>
  new Decay(`${weightDecay} times the schedule`, (t) => multiplier(t) * weightDecay);

/** A shrink of lr² λ / lrMax, which keeps the balance of gradient and weight norms over a schedule: AdamC (Defazio 2025). */
export const decayCorrected = (weightDecay: number, lrMax: number): Decay =>
  new Decay(`${weightDecay} corrected for lr / ${lrMax}`, (_, lr) => (lr ** 2 / lrMax) * weightDecay);
