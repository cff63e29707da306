/** Scalars that several rules compute alike, in float64; each is rounded to float32 once, when it is written. */

export const ascent = (maximize: boolean): number => (maximize ? -1 : 1);

/** lr λ, the share of a weight that one step takes, and what it leaves. */
export function shrink(lr: number, weightDecay: number) {
  return { decay: lr * weightDecay, keep: 1 - lr * weightDecay };
}

/** PyTorch's first velocity is the gradient itself, without dampening. */
export function momentumScalars(hyper: { momentum: number; dampening: number; nesterov: boolean }, t: number) {
  const { momentum, dampening, nesterov } = hyper;
  return {
    momentum,
    gradientShare: t === 1 || momentum === 0 ? 1 : 1 - dampening,
    nesterov: nesterov ? 1 : 0,
  };
}

/** Adam's, with both bias corrections. */
export function momentScalars(hyper: { lr: number; beta1: number; beta2: number; eps: number }, t: number) {
  const { lr, beta1, beta2, eps } = hyper;
  return {
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    stepSize: lr / (1 - beta1 ** t),
    rootBiasCorrection2: Math.sqrt(1 - beta2 ** t),
    eps,
  };
}
