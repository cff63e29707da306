import {
  type DecayHyper,
  lerp,
  type ParamTensor,
  type Profile,
  type Round,
  shrinkScalars,
  shrinkThenStep,
  type Values,
} from "./numerics.ts";

export interface LionHyper extends DecayHyper {
  lr: number;
  beta1: number;
  beta2: number;
  weightDecay: number;
  maximize: boolean;
}

export interface LionTensor extends ParamTensor {
  m: Values;
}

/**
 * Lion (Chen et al. 2023, Algorithm 2): p ← p - (lr λ p + lr · sign(β₁ m + (1 - β₁) g)); m ← β₂ m + (1 - β₂) g. In place;
 * no step is unlike another.
 */
export function lion(tensor: LionTensor, hyper: LionHyper, _: number, round: Round, profile: Profile): void {
  const { param, grad, m } = tensor;
  const lr = round(hyper.lr);
  const shrink = shrinkScalars(hyper, round);
  const blend = (mBefore: number, g: number, beta: number): number => {
    const [rest, share] = [round(beta), round(1 - beta)];
    if (profile === "torch") return round(round(rest * mBefore) + round(share * g));
    return lerp(mBefore, g, share, rest, round);
  };
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const mBefore = m[i] as number;
    const step = lr * Math.sign(blend(mBefore, g, hyper.beta1));
    m[i] = blend(mBefore, g, hyper.beta2);
    param[i] = shrinkThenStep(tensor, i, shrink, step, round, profile);
  }
}
