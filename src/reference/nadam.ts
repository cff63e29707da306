import { type AdamHyper, type AdamTensor, updateMoments } from "./moments.ts";
import { coupledGradient, type Profile, type Round, shrinkScalars, shrinkThenStep } from "./numerics.ts";

export interface NadamHyper extends AdamHyper {
  momentumDecay: number;
  decoupled: boolean;
}

/** NAdam's scalars at step t: computed in float64, rounded once, but for the product, which PyTorch keeps in float32. */
function nadamScalars(hyper: NadamHyper, t: number, round: Round, profile: Profile) {
  const { lr, beta1, beta2, momentumDecay } = hyper;
  const mu = (s: number): number => beta1 * (1 - 0.5 * 0.96 ** (s * momentumDecay));
  let product = 1;
  for (let s = 1; s <= t; s++) product = profile === "torch" ? round(product * round(mu(s))) : product * mu(s);
  return {
    beta1: round(beta1),
    oneMinusBeta1: round(1 - beta1),
    beta2: round(beta2),
    oneMinusBeta2: round(1 - beta2),
    biasCorrection2: round(1 - beta2 ** t),
    gradientStep: round((lr * (1 - mu(t))) / (1 - product)),
    momentumStep: round((lr * mu(t + 1)) / (1 - product * mu(t + 1))),
    eps: round(hyper.eps),
  };
}

/** NAdam (Dozat 2016): p ← p - (gradientStep g + momentumStep m) / (√v̂ + ε). Step t (from 1), in place. */
export function nadam(tensor: AdamTensor, hyper: NadamHyper, t: number, round: Round, profile: Profile): void {
  const { param } = tensor;
  const s = nadamScalars(hyper, t, round, profile);
  const weightDecay = hyper.decoupled ? 0 : round(hyper.weightDecay);
  const shrink = shrinkScalars(hyper.decoupled ? hyper : { ...hyper, weightDecay: 0 }, round);
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const now = updateMoments(g, tensor, i, s, round, profile);
    const denominator = round(round(Math.sqrt(round(now.v / s.biasCorrection2))) + s.eps);
    const [along, ahead] = [round(s.gradientStep * g), round(s.momentumStep * now.m)];
    if (profile === "torch") {
      const stepped = shrinkThenStep(tensor, i, shrink, round(along / denominator), round, profile);
      param[i] = round(stepped - round(ahead / denominator));
    } else {
      param[i] = shrinkThenStep(tensor, i, shrink, round(round(along + ahead) / denominator), round, profile);
    }
  }
}
