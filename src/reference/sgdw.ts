import { type Profile, type Round, shrinkScalars, shrinkThenStep } from "./numerics.ts";
import type { SgdHyper, SgdTensor } from "./sgd.ts";
import { direction } from "./velocity.ts";

/** SGD with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 1): p ← p - (lr λ p + lr · direction(g)). */
export function sgdw(tensor: SgdTensor, hyper: SgdHyper, t: number, round: Round, profile: Profile): void {
  const { param, grad, velocity } = tensor;
  const lr = round(hyper.lr);
  const shrink = shrinkScalars(hyper, round);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const step = round(lr * direction(g, velocity, i, hyper, t, round));
    param[i] = shrinkThenStep(tensor, i, shrink, step, round, profile);
  }
}
