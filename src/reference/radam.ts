import { type AdamHyper, type AdamTensor, updateMoments } from "./moments.ts";
import { coupledGradient, type Profile, type Round, shrinkScalars, shrinkThenStep } from "./numerics.ts";

export interface RadamHyper extends AdamHyper {
  decoupled: boolean;
}

/** RAdam's scalars at step t: computed in float64, rounded once. */
function radamScalars({ lr, beta1, beta2, eps }: RadamHyper, t: number, round: Round) {
  const [biasCorrection1, biasCorrection2] = [1 - beta1 ** t, 1 - beta2 ** t];
  const rhoInf = 2 / (1 - beta2) - 1;
  const rho = rhoInf - (2 * t * beta2 ** t) / biasCorrection2;
  const rectified = rho > 5;
  const r = rectified ? Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho)) : 1;
  return {
    rectified,
    beta1: round(beta1),
    oneMinusBeta1: round(1 - beta1),
    beta2: round(beta2),
    oneMinusBeta2: round(1 - beta2),
    stepSize: round((lr / biasCorrection1) * (rectified ? Math.sqrt(biasCorrection2) * r : 1)),
    lr: round(lr),
    biasCorrection1: round(biasCorrection1),
    rootBiasCorrection2: round(Math.sqrt(biasCorrection2)),
    rectification: round(r),
    eps: round(eps),
  };
}

/** RAdam (Liu et al. 2020, Algorithm 2): p ← p - step, over √v where ρₜ > 5. Step t (from 1), in place. */
export function radam(tensor: AdamTensor, hyper: RadamHyper, t: number, round: Round, profile: Profile): void {
  const { param } = tensor;
  const s = radamScalars(hyper, t, round);
  const weightDecay = hyper.decoupled ? 0 : round(hyper.weightDecay);
  const shrink = shrinkScalars(hyper.decoupled ? hyper : { ...hyper, weightDecay: 0 }, round);
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const now = updateMoments(g, tensor, i, s, round, profile);
    const denominator = round(round(Math.sqrt(now.v)) + s.eps);
    param[i] = shrinkThenStep(tensor, i, shrink, rectifiedStep(now.m, denominator, s, round, profile), round, profile);
  }
}

/** PyTorch multiplies the scalars one after the other, and divides 1 by the denominator; `accurate` has them in one. */
function rectifiedStep(
  m: number,
  denominator: number,
  s: ReturnType<typeof radamScalars>,
  round: Round,
  profile: Profile,
): number {
  if (profile === "torch") {
    const plain = round(round(m / s.biasCorrection1) * s.lr);
    if (!s.rectified) return plain;
    return round(round(plain * round(round(1 / denominator) * s.rootBiasCorrection2)) * s.rectification);
  }
  const plain = round(s.stepSize * m);
  return s.rectified ? round(plain / denominator) : plain;
}
