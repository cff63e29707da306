import { coupledGradient, type ParamTensor, type Profile, type Round, secondMoment, type Values } from "./numerics.ts";

export interface AdadeltaHyper {
  lr: number;
  rho: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

export interface AdadeltaTensor extends ParamTensor {
  v: Values;
  vDelta: Values;
}

/** Adadelta (Zeiler 2012): Δ = √(vDelta + ε) / √(v + ε) · g; p ← p - lr Δ. Step t (from 1), in place. */
export function adadelta(
  tensor: AdadeltaTensor,
  hyper: AdadeltaHyper,
  _: number,
  round: Round,
  profile: Profile,
): void {
  const { param, v, vDelta } = tensor;
  const [lr, weightDecay] = [round(hyper.lr), round(hyper.weightDecay)];
  const [rho, oneMinusRho, eps] = [round(hyper.rho), round(1 - hyper.rho), round(hyper.eps)];
  const root = (square: number): number => round(Math.sqrt(round(square + eps)));
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    const vNow = secondMoment(v[i] as number, g, rho, oneMinusRho, round, profile);
    v[i] = vNow;
    const vDeltaBefore = vDelta[i] as number;
    const delta = round(round(root(vDeltaBefore) / root(vNow)) * g);
    vDelta[i] = secondMoment(vDeltaBefore, delta, rho, oneMinusRho, round, profile);
    param[i] = round((param[i] as number) - round(lr * delta));
  }
}
