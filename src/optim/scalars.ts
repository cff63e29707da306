/** Scalars that several rules compute alike, in float64; each is rounded to float32 once, when it is written. */

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

/** The decay that enters the gradient and the one that shrinks the weight: one of them is none. */
export function eitherDecay(hyper: { lr: number; weightDecay: number; decoupled: boolean }) {
  const { lr, weightDecay, decoupled } = hyper;
  return { weightDecay: decoupled ? 0 : weightDecay, ...shrink(lr, decoupled ? weightDecay : 0) };
}

/** NAdam's μ at step t: β₁ after a warm-up that `momentumDecay` makes faster. */
export const nadamMomentum = (beta1: number, momentumDecay: number, t: number): number =>
  beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));

/**
 * μ₁ … μₜ. `round` is PyTorch's, which keeps the product in float32. Below 2^-60 it is told from zero by nobody, since
 * only 1 - product is asked for: 55 factors at the defaults, so that it need not be kept from step to step.
 */
export function nadamProduct(beta1: number, momentumDecay: number, t: number, round: (x: number) => number): number {
  let product = 1;
  for (let s = 1; s <= t && product > 2 ** -60; s++) {
    product = round(product * round(nadamMomentum(beta1, momentumDecay, s)));
  }
  return product;
}

/** RAdam's r at step t, or undefined where ρₜ is 5 or less: v has not seen enough to divide by. */
export function rectification(beta2: number, t: number): number | undefined {
  const rhoInf = 2 / (1 - beta2) - 1;
  const rho = rhoInf - (2 * t * beta2 ** t) / (1 - beta2 ** t);
  if (!(rho > 5)) return undefined;
  return Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho));
}

/** Whether a step is scaled by the norms of its tensor: as in Apex and timm, only where the tensor decays. */
export const adapts = (weightDecay: number, alwaysAdapt: boolean): number => (weightDecay !== 0 || alwaysAdapt ? 1 : 0);

/** Adam's β with the bias correction inside, β (1 - βᵗ⁻¹) / (1 - βᵗ): 0 at the first step. */
export const debiased = (beta: number, t: number): number => (beta ** t - beta) / (beta ** t - 1);
