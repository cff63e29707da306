import { coupledGradient, type Round, type Values } from "./numerics.ts";
import { direction, type VelocityHyper } from "./velocity.ts";

export interface SgdHyper extends VelocityHyper {
  lr: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state; without `velocity` there is no momentum. */
export interface SgdTensor {
  param: Values;
  grad: Values;
  velocity?: Values;
}

/** SGD with L2 regularization: g ← g + λ p; p ← p - lr · direction(g). Step t (from 1), in place, both profiles. */
export function sgd({ param, grad, velocity }: SgdTensor, hyper: SgdHyper, t: number, round: Round): void {
  const lr = round(hyper.lr);
  const weightDecay = round(hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const p = param[i] as number;
    const g = coupledGradient(p, grad[i] as number, hyper.maximize, weightDecay, round);
    param[i] = round(p - round(lr * direction(g, velocity, i, hyper, t, round)));
  }
}
