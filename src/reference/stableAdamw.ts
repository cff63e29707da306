import { type AdamHyper, type AdamTensor, updateMoments } from "./moments.ts";
import { type Profile, type Round, shrinkThenStep } from "./numerics.ts";
import { type Tiling, total } from "./total.ts";

/** The smallest normal float32: below it ε² would be zero, and 0 / 0 the mean of a tensor without gradients. */
const smallest = 2 ** -126;

/** Adam's β with the bias correction inside: β (1 - βᵗ⁻¹) / (1 - βᵗ). The first is 0. */
const debiased = (beta: number, t: number): number => (beta ** t - beta) / (beta ** t - 1);

/** Computed in float64, rounded once; `torch` has PyTorch's lerp take 1 - w of the rounded w. */
function stableScalars({ lr, beta1, beta2, eps, weightDecay }: AdamHyper, t: number, round: Round, profile: Profile) {
  const [debiased1, debiased2] = [debiased(beta1, t), debiased(beta2, t)];
  const oneMinusBeta1 = round(1 - debiased1);
  return {
    lr: round(lr),
    weightDecay: round(weightDecay),
    decay: round(lr * weightDecay),
    beta1: round(profile === "torch" ? 1 - oneMinusBeta1 : debiased1),
    oneMinusBeta1,
    beta2: round(debiased2),
    oneMinusBeta2: round(1 - debiased2),
    eps: round(eps),
    epsSquared: round(Math.max(eps * eps, smallest)),
  };
}

/**
 * StableAdamW (Wortsman et al. 2023, Algorithm 2): AdamW at lrₜ = lr / max(1, RMSₜ), RMSₜ² = mean(g² / max(v, ε²)), the
 * moments being averages from the first step on, so that no other bias correction is needed. The decay is lrₜ λ. Step t
 * (from 1), in place; `tiling` is how the mean is added up.
 */
export function stableAdamw(
  tensor: AdamTensor,
  hyper: AdamHyper,
  t: number,
  round: Round,
  profile: Profile,
  tiling?: Tiling,
): void {
  const s = stableScalars(hyper, t, round, profile);
  const { param, m, v } = tensor;
  const surprise = tensor.grad.map((g, i) => {
    const now = updateMoments(hyper.maximize ? -g : g, tensor, i, s, round, profile);
    return round(round(g * g) / Math.max(now.v, s.epsSquared));
  });
  const sum = total(param.length, (i) => surprise[i] as number, round, tiling);
  const clip = Math.max(1, round(Math.sqrt(round(sum / round(param.length)))));
  const rate = round(s.lr / clip);
  const { cautious = false } = hyper;
  const shrink = { decay: round(s.decay / clip), keep: round(1 - round(s.weightDecay * rate)), cautious };
  for (let i = 0; i < param.length; i++) {
    const denominator = round(round(Math.sqrt(v[i] as number)) + s.eps);
    const step = round(round(rate * (m[i] as number)) / denominator);
    param[i] = shrinkThenStep(tensor, i, shrink, step, round, profile);
  }
}
