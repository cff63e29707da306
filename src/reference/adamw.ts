import { type AdamHyper, type AdamTensor, adamStep, momentScalars } from "./moments.ts";
import { type Profile, type Round, shrinkThenStep } from "./numerics.ts";

/** AdamW (Loshchilov & Hutter 2019, Algorithm 2): p ← p - (lr λ p + adamStep(g)). Step t (from 1), in place. */
export function adamw(tensor: AdamTensor, hyper: AdamHyper, t: number, round: Round, profile: Profile): void {
  const { param, grad } = tensor;
  const scalars = momentScalars(hyper, t, round);
  const decay = round(hyper.lr * hyper.weightDecay);
  const keep = round(1 - hyper.lr * hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const step = adamStep(g, tensor, i, scalars, round, profile);
    param[i] = shrinkThenStep(param[i] as number, decay, keep, step, round, profile);
  }
}
