/** What has to agree before a time counts. */

/**
 * Of the losses of ten steps, relative. Those that are right in float32 were within 6e-4 here: sums are added up in other
 * orders, some compute 1 − βᵗ in float32, and ten steps of training magnify both. Mistakes were beyond 1e-2, tried in jax-js at
 * the small sizes: attention that sees what comes is off by 0.012, attention that is not scaled by 0.06, a bias correction that
 * stays at its first step by 0.03 (transformer) and 0.24 (perceptron). GELU by tanh, 1e-5 off, is not told apart.
 */
export const lossGate = 3e-3;

/**
 * Of the parameters after ten steps, relative to the farthest that any of them went. A bias correction in float32 leaves them
 * 1e-5 off; one that stays at its first step, 0.7.
 */
export const updateGate = 1e-3;

/** The largest difference of any loss from the reference's, relative to that; infinite where one is no number. */
export function worstLoss(losses: readonly number[], reference: readonly number[]): number {
  return worst(losses, reference, (_, right) => Math.abs(right));
}

/** The largest difference of any number from the reference's, relative to the longest way from where they began. */
export function worstParameter(
  found: ArrayLike<number>,
  reference: ArrayLike<number>,
  start: ArrayLike<number>,
): number {
  let longest = 0;
  for (let i = 0; i < reference.length; i++) {
    longest = Math.max(longest, Math.abs((reference[i] as number) - (start[i] as number)));
  }
  return worst(found, reference, () => longest);
}

function worst(
  found: ArrayLike<number>,
  reference: ArrayLike<number>,
  scaleOf: (i: number, right: number) => number,
): number {
  if (found.length !== reference.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < reference.length; i++) {
    const right = reference[i] as number;
    const difference = Math.abs((found[i] as number) - right) / scaleOf(i, right);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}
