/**
 * What a weight decay means. Every convention comes down to one number, the shrink: the share of a weight that one step
 * takes.
 */

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
