import {
  type DecayHyper,
  lerp,
  type ParamTensor,
  type Profile,
  type Round,
  secondMoment,
  type Values,
} from "./numerics.ts";

export interface AdamHyper extends DecayHyper {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state. With `vMax` the rule is AMSGrad. */
export interface AdamTensor extends ParamTensor {
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

/** Adam's moments for element i, after its gradient. */
export function updateMoments(
  g: number,
  { m, v }: Pick<AdamTensor, "m" | "v">,
  i: number,
  s: Pick<ReturnType<typeof momentScalars>, "beta1" | "oneMinusBeta1" | "beta2" | "oneMinusBeta2">,
  round: Round,
  profile: Profile,
): { m: number; v: number } {
  const mNow = lerp(m[i] as number, g, s.oneMinusBeta1, s.beta1, round);
  const vNow = secondMoment(v[i] as number, g, s.beta2, s.oneMinusBeta2, round, profile);
  m[i] = mNow;
  v[i] = vNow;
  return { m: mNow, v: vNow };
}

/** Adam's moments for element i, and the step that they make (Kingma & Ba 2015, Algorithm 1). */
export function adamStep(
  g: number,
  tensor: AdamTensor,
  i: number,
  s: ReturnType<typeof momentScalars>,
  round: Round,
  profile: Profile,
): number {
  const now = updateMoments(g, tensor, i, s, round, profile);
  const { vMax } = tensor;
  let largest = now.v;
  if (vMax) largest = vMax[i] = Math.max(vMax[i] as number, now.v);
  const denominator = round(round(round(Math.sqrt(largest)) / s.rootBiasCorrection2) + s.eps);
  return round(round(s.stepSize * now.m) / denominator);
}
