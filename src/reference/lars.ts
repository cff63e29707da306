import { coupledGradient, type Profile, type Round } from "./numerics.ts";
import type { SgdHyper, SgdTensor } from "./sgd.ts";
import { norm, type Tiling } from "./total.ts";
import { direction } from "./velocity.ts";

export interface LarsHyper extends SgdHyper {
  trustCoefficient: number;
  eps: number;
  alwaysAdapt: boolean;
}

/**
 * LARS (You, Gitman & Ginsburg 2017): g ← η ‖p‖ / (‖g‖ + λ ‖p‖ + ε) (g + λ p); p ← p - lr · direction(g). The ratio is 1
 * where a norm is 0 and, without `alwaysAdapt`, where there is no decay. Step t (from 1), in place, both profiles;
 * `tiling` is how the norms are added up.
 */
export function lars(
  tensor: SgdTensor,
  hyper: LarsHyper,
  t: number,
  round: Round,
  _profile: Profile,
  tiling?: Tiling,
): void {
  const { param, grad, velocity } = tensor;
  const lr = round(hyper.lr);
  const weightDecay = round(hyper.weightDecay);
  const ratio = trustRatio(norm(param, round, tiling), norm(grad, round, tiling), hyper, round);
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    param[i] = round((param[i] as number) - round(lr * direction(round(ratio * g), velocity, i, hyper, t, round)));
  }
}

function trustRatio(pNorm: number, gNorm: number, hyper: LarsHyper, round: Round): number {
  const { weightDecay, trustCoefficient, eps, alwaysAdapt } = hyper;
  if ((weightDecay === 0 && !alwaysAdapt) || pNorm === 0 || gNorm === 0) return 1;
  const whole = round(round(gNorm + round(round(weightDecay) * pNorm)) + round(eps));
  return round(round(round(trustCoefficient) * pNorm) / whole);
}
