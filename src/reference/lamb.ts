import { type AdamHyper, type AdamTensor, updateMoments } from "./moments.ts";
import { decaying, type Profile, type Round } from "./numerics.ts";
import { norm, type Tiling } from "./total.ts";

export interface LambHyper extends AdamHyper {
  alwaysAdapt: boolean;
}

/** Computed in float64, rounded once. */
function lambScalars({ lr, beta1, beta2, eps, weightDecay }: LambHyper, t: number, round: Round) {
  return {
    lr: round(lr),
    weightDecay: round(weightDecay),
    beta1: round(beta1),
    oneMinusBeta1: round(1 - beta1),
    beta2: round(beta2),
    oneMinusBeta2: round(1 - beta2),
    biasCorrection1: round(1 - beta1 ** t),
    rootBiasCorrection2: round(Math.sqrt(1 - beta2 ** t)),
    eps: round(eps),
  };
}

/**
 * LAMB (You et al. 2020, Algorithm 2): u = m̂ / (√v̂ + ε) + λ p; p ← p - lr ‖p‖ / ‖u‖ u, the ratio being 1 where a norm is 0
 * and, without `alwaysAdapt`, where there is no decay. Step t (from 1), in place; `tiling` is how the norms are added up.
 */
export function lamb(
  tensor: AdamTensor,
  hyper: LambHyper,
  t: number,
  round: Round,
  profile: Profile,
  tiling?: Tiling,
): void {
  const s = lambScalars(hyper, t, round);
  const { param } = tensor;
  const u = tensor.grad.map((g, i) => {
    const now = updateMoments(hyper.maximize ? -g : g, tensor, i, s, round, profile);
    const denominator = round(round(round(Math.sqrt(now.v)) / s.rootBiasCorrection2) + s.eps);
    const adams = round(round(now.m / s.biasCorrection1) / denominator);
    return round(adams + round(s.weightDecay * decaying(tensor, i, round)));
  });
  const adapts = hyper.weightDecay !== 0 || hyper.alwaysAdapt;
  const [pNorm, uNorm] = adapts ? [norm(param, round, tiling), norm(u, round, tiling)] : [0, 0];
  const ratio = pNorm > 0 && uNorm > 0 ? round(pNorm / uNorm) : 1;
  for (const [i, each] of u.entries()) {
    const step = profile === "torch" ? round(s.lr * round(ratio * each)) : round(round(s.lr * ratio) * each);
    param[i] = round((param[i] as number) - step);
  }
}
