import { type Profile, type Round, shrinkThenStep } from "./numerics.ts";
import type { SgdHyper, SgdTensor } from "./sgd.ts";
import { direction } from "./velocity.ts";

/** SGD with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 1): p ← p - (lr λ p + lr · direction(g)). */
export function sgdw(
  { param, grad, velocity }: SgdTensor,
  hyper: SgdHyper,
  t: number,
  round: Round,
  profile: Profile,
): void {
  const lr = round(hyper.lr);
  const decay = round(hyper.lr * hyper.weightDecay);
  const keep = round(1 - hyper.lr * hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const step = round(lr * direction(g, velocity, i, hyper, t, round));
    param[i] = shrinkThenStep(param[i] as number, decay, keep, step, round, profile);
  }
}
