import { coupledGradient, type Round, type Values } from "./numerics.ts";

export interface AdagradHyper {
  lr: number;
  lrDecay: number;
  weightDecay: number;
  eps: number;
  maximize: boolean;
}

export interface AdagradTensor {
  param: Values;
  grad: Values;
  sum: Values;
}

/** Adagrad (Duchi et al. 2011): sum ← sum + g²; p ← p - lrₜ g / (√sum + ε). Step t (from 1), in place, both profiles. */
export function adagrad({ param, grad, sum }: AdagradTensor, hyper: AdagradHyper, t: number, round: Round): void {
  const stepSize = round(hyper.lr / (1 + (t - 1) * hyper.lrDecay));
  const [weightDecay, eps] = [round(hyper.weightDecay), round(hyper.eps)];
  for (let i = 0; i < param.length; i++) {
    const p = param[i] as number;
    const g = coupledGradient(p, grad[i] as number, hyper.maximize, weightDecay, round);
    const sumNow = round((sum[i] as number) + round(g * g));
    sum[i] = sumNow;
    param[i] = round(p - round(round(stepSize * g) / round(round(Math.sqrt(sumNow)) + eps)));
  }
}
