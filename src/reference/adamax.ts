import type { AdamHyper } from "./moments.ts";
import { coupledGradient, lerp, type ParamTensor, type Round, type Values } from "./numerics.ts";

export interface AdamaxTensor extends ParamTensor {
  m: Values;
  u: Values;
}

/** Adamax (Kingma & Ba 2015, Algorithm 2): p ← p - lr / (1 - β₁ᵗ) · m / u. Step t (from 1), in place, both profiles. */
export function adamax(tensor: AdamaxTensor, hyper: AdamHyper, t: number, round: Round): void {
  const { param, m, u } = tensor;
  const [beta1, oneMinusBeta1, beta2] = [round(hyper.beta1), round(1 - hyper.beta1), round(hyper.beta2)];
  const stepSize = round(hyper.lr / (1 - hyper.beta1 ** t));
  const [weightDecay, eps] = [round(hyper.weightDecay), round(hyper.eps)];
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const mNow = lerp(m[i] as number, g, oneMinusBeta1, beta1, round);
    m[i] = mNow;
    const uNow = Math.max(round(beta2 * (u[i] as number)), round(Math.abs(g) + eps));
    u[i] = uNow;
    param[i] = round((param[i] as number) - round(round(stepSize * mNow) / uNow));
  }
}
