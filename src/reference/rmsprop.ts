import {
  coupledGradient,
  lerp,
  type ParamTensor,
  type Profile,
  type Round,
  secondMoment,
  type Values,
} from "./numerics.ts";

export interface RmspropHyper {
  lr: number;
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  maximize: boolean;
}

/** A tensor and its state: with `gAvg` the rule is centered, with `velocity` it has momentum. */
export interface RmspropTensor extends ParamTensor {
  v: Values;
  gAvg?: Values;
  velocity?: Values;
}

/** RMSprop (Hinton 2012; Graves 2013): g ← g + λ p; p ← p - lr g / (√v + ε). Step t (from 1), in place. */
export function rmsprop(tensor: RmspropTensor, hyper: RmspropHyper, _: number, round: Round, profile: Profile): void {
  const { param, v } = tensor;
  const weightDecay = round(hyper.weightDecay);
  const [alpha, oneMinusAlpha, eps] = [round(hyper.alpha), round(1 - hyper.alpha), round(hyper.eps)];
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const vNow = secondMoment(v[i] as number, g, alpha, oneMinusAlpha, round, profile);
    v[i] = vNow;
    let variance = vNow;
    if (tensor.gAvg) {
      const gAvgNow = lerp(tensor.gAvg[i] as number, g, oneMinusAlpha, alpha, round);
      tensor.gAvg[i] = gAvgNow;
      variance = Math.max(round(vNow - round(gAvgNow * gAvgNow)), 0);
    }
    const denominator = round(round(Math.sqrt(variance)) + eps);
    param[i] = round((param[i] as number) - normalizedStep(g, denominator, tensor.velocity, i, hyper, round));
  }
}

/** lr g / denominator; with momentum lr b, where b ← μ b + g / denominator. */
function normalizedStep(
  g: number,
  denominator: number,
  velocity: Values | undefined,
  i: number,
  hyper: RmspropHyper,
  round: Round,
): number {
  const lr = round(hyper.lr);
  if (!velocity) return round(round(lr * g) / denominator);
  const b = round(round(round(hyper.momentum) * (velocity[i] as number)) + round(g / denominator));
  velocity[i] = b;
  return round(lr * b);
}
