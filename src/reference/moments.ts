import { lerp, type Profile, type Round, secondMoment, type Values } from "./numerics.ts";

export interface AdamHyper {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state. With `vMax` the rule is AMSGrad. */
export interface AdamTensor {
  param: Values;
  grad: Values;
  m: Values;
  v: Values;
  vMax?: Values;
}

/** The moments' scalars at step t: computed in float64, rounded once. */
export function momentScalars({ lr, beta1, beta2, eps }: AdamHyper, t: number, round: Round) {
  return {
    beta1: round(beta1),
    oneMinusBeta1: round(1 - beta1),
    beta2: round(beta2),
    oneMinusBeta2: round(1 - beta2),
    stepSize: round(lr / (1 - beta1 ** t)),
    rootBiasCorrection2: round(Math.sqrt(1 - beta2 ** t)),
    eps: round(eps),
  };
}

/** Adam's moments for element i, and the step that they make (Kingma & Ba 2015, Algorithm 1). */
export function adamStep(
  g: number,
  { m, v, vMax }: AdamTensor,
  i: number,
  s: ReturnType<typeof momentScalars>,
  round: Round,
  profile: Profile,
): number {
  const mNow = lerp(m[i] as number, g, s.oneMinusBeta1, s.beta1, round);
  const vNow = secondMoment(v[i] as number, g, s.beta2, s.oneMinusBeta2, round, profile);
  m[i] = mNow;
  v[i] = vNow;
  let largest = vNow;
  if (vMax) largest = vMax[i] = Math.max(vMax[i] as number, vNow);
  const denominator = round(round(round(Math.sqrt(largest)) / s.rootBiasCorrection2) + s.eps);
  return round(round(s.stepSize * mNow) / denominator);
}
