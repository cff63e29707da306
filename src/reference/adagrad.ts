import { coupledGradient, type ParamTensor, type Round, type Values } from "./numerics.ts";

export interface AdagradHyper {
  lr: number;
  lrDecay: number;
  weightDecay: number;
  eps: number;
  maximize: boolean;
}

export interface AdagradTensor extends ParamTensor {
  sum: Values;
}

/** Adagrad (Duchi et al. 2011): sum ← sum + g²; p ← p - lrₜ g / (√sum + ε). Step t (from 1), in place, both profiles. */
export function adagrad(tensor: AdagradTensor, hyper: AdagradHyper, t: number, round: Round): void {
  const { param, sum } = tensor;
  const stepSize = round(hyper.lr / (1 + (t - 1) * hyper.lrDecay));
  const [weightDecay, eps] = [round(hyper.weightDecay), round(hyper.eps)];
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const sumNow = round((sum[i] as number) + round(g * g));
    sum[i] = sumNow;
    param[i] = round((param[i] as number) - round(round(stepSize * g) / round(round(Math.sqrt(sumNow)) + eps)));
  }
}
