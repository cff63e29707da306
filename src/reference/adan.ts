import {
  type DecayHyper,
  lerp,
  type ParamTensor,
  type Profile,
  type Round,
  secondMoment,
  shrinkScalars,
  shrinkThenStep,
  type Values,
} from "./numerics.ts";

export interface AdanHyper extends DecayHyper {
  lr: number;
  beta1: number;
  beta2: number;
  beta3: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state: `v` is of the gradients' differences, `gBefore` the gradient of the step before. */
export interface AdanTensor extends ParamTensor {
  m: Values;
  v: Values;
  n: Values;
  gBefore: Values;
}

function adanScalars({ lr, beta1, beta2, beta3, eps }: AdanHyper, t: number, round: Round) {
  return {
    beta1: round(beta1),
    oneMinusBeta1: round(1 - beta1),
    beta2: round(beta2),
    oneMinusBeta2: round(1 - beta2),
    beta3: round(beta3),
    oneMinusBeta3: round(1 - beta3),
    stepSize: round(lr / (1 - beta1 ** t)),
    differenceStepSize: round((lr * beta2) / (1 - beta2 ** t)),
    rootBiasCorrection3: round(Math.sqrt(1 - beta3 ** t)),
    eps: round(eps),
  };
}

/**
 * Adan (Xie et al. 2022, Algorithm 1, with β for the paper's 1 - β): d ← g - gBefore; m of g; v of d; n of (g + β₂ d)²;
 * p ← p - (lr λ p + lr (m̂ + β₂ v̂) / (√n̂ + ε)). Step t (from 1), in place.
 */
export function adan(tensor: AdanTensor, hyper: AdanHyper, t: number, round: Round, profile: Profile): void {
  const { param, grad, m, v, n, gBefore } = tensor;
  const s = adanScalars(hyper, t, round);
  const shrink = shrinkScalars(hyper, round);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const d = t === 1 ? 0 : round(g - (gBefore[i] as number));
    const mNow = lerp(m[i] as number, g, s.oneMinusBeta1, s.beta1, round);
    const vNow = lerp(v[i] as number, d, s.oneMinusBeta2, s.beta2, round);
    const ahead = round(g + round(s.beta2 * d));
    const nNow = secondMoment(n[i] as number, ahead, s.beta3, s.oneMinusBeta3, round, profile);
    m[i] = mNow;
    v[i] = vNow;
    n[i] = nNow;
    gBefore[i] = g;
    const denominator = round(round(round(Math.sqrt(nNow)) / s.rootBiasCorrection3) + s.eps);
    const [a, b] = [round(s.stepSize * mNow), round(s.differenceStepSize * vNow)];
    if (profile === "torch") {
      const stepped = shrinkThenStep(tensor, i, shrink, round(a / denominator), round, profile);
      param[i] = round(stepped - round(b / denominator));
    } else {
      param[i] = shrinkThenStep(tensor, i, shrink, round(round(a + b) / denominator), round, profile);
    }
  }
}
