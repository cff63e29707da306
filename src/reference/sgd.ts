import { coupledGradient, type DecayHyper, type ParamTensor, type Round, type Values } from "./numerics.ts";
import { direction, type VelocityHyper } from "./velocity.ts";

export interface SgdHyper extends VelocityHyper, DecayHyper {
  lr: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state; without `velocity` there is no momentum. */
export interface SgdTensor extends ParamTensor {
  velocity?: Values;
}

/** SGD with L2 regularization: g ← g + λ p; p ← p - lr · direction(g). Step t (from 1), in place, both profiles. */
export function sgd(tensor: SgdTensor, hyper: SgdHyper, t: number, round: Round): void {
  const { param, velocity } = tensor;
  const lr = round(hyper.lr);
  const weightDecay = round(hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    param[i] = round((param[i] as number) - round(lr * direction(g, velocity, i, hyper, t, round)));
  }
}
