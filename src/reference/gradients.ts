import type { Round, Values } from "./numerics.ts";
import { strided, type Tiling, tileSums } from "./total.ts";

export interface VerdictHyper {
  /** The largest norm; 0 for no limit. */
  clipNorm: number;
  microBatches: number;
}

/** A loss scale: `growth` after `interval` good steps in a row, `backoff` after a step that was skipped. */
export interface LossScale {
  scale: number;
  /** Good steps since it changed. */
  good: number;
  readonly growth: number;
  readonly backoff: number;
  readonly interval: number;
}

/** What is decided about a step. */
export interface Verdict {
  /** √(Σ g²) over all tensors, unscaled. */
  norm: number;
  isSkipped: boolean;
  /** What each gradient is multiplied with. */
  factor: number;
}

/**
 * Looks at the gradients of a step, tensor by tensor in the optimizer's order: unscales, clips by the global norm as
 * torch.nn.utils.clip_grad_norm_, skips where one is not finite, and moves the loss scale as torch.amp.GradScaler does.
 */
export function verdictOf(
  grads: readonly Values[],
  { clipNorm, microBatches }: VerdictHyper,
  loss: LossScale,
  round: Round,
  tiling?: Tiling,
): Verdict {
  const share = round(1 / microBatches);
  const unscale = round(share / loss.scale);
  const squares = grads.flatMap((grad) => {
    const square = (i: number): number => {
      const g = round(unscale * (grad[i] as number));
      return round(g * g);
    };
    return tileSums(grad.length, square, round, tiling);
  });
  const norm = round(Math.sqrt(strided(squares, 256, round)));
  const isGood = grads.every((grad) => grad.every((g) => Number.isFinite(g))) && Number.isFinite(norm);
  const clip = clipNorm > 0 ? Math.min(round(round(clipNorm) / round(norm + round(1e-6))), 1) : 1;
  rescale(loss, isGood, round);
  return { norm, isSkipped: !isGood, factor: round(unscale * clip) };
}

function rescale(loss: LossScale, isGood: boolean, round: Round): void {
  let next = loss.scale;
  loss.good += 1;
  if (!isGood || loss.good === loss.interval) {
    next = round(loss.scale * (isGood ? loss.growth : loss.backoff));
    loss.good = 0;
  }
  if (Number.isFinite(next) && next > 0) loss.scale = next;
}

/** The gradient that a rule gets: scaled by the verdict's factor, or clamped to ±clipValue after it where that is not 0. */
export function usedGradient(
  grad: Values,
  factor: number,
  clipValue: number,
  round: Round,
): Float32Array | Float64Array {
  const limit = clipValue > 0 ? round(clipValue) : Infinity;
  return grad.map((g) => Math.min(Math.max(round(factor * g), -limit), limit));
}
