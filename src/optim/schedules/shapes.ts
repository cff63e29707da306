/** From one value to another as `share` goes from 0 to 1, exact at both ends and without overshoot. */
export function linearBetween(from: number, to: number, share: number): number {
  return share <= 0.5 ? from + (to - from) * share : to - (to - from) * (1 - share);
}

/**
 * The same along half a cosine: to + (from - to) (1 + cos(π share)) / 2. As a square of a sine, which unlike 1 + cos does
 * not cancel near the end.
 */
export function cosineBetween(from: number, to: number, share: number): number {
  return linearBetween(to, from, Math.sin((Math.PI / 2) * (1 - share)) ** 2);
}

/**
 * Linear warm-up (Vaswani et al. 2017): peak / warmup at step 1, peak at step `warmup`. No step has 0, and the one after it
 * is the first of what follows, which starts at the peak too.
 */
export function warmUp(peak: number, warmup: number, t: number): number {
  return linearBetween(0, peak, t / warmup);
}
