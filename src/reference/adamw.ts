import { type AdamHyper, type AdamTensor, adamStep, momentScalars } from "./moments.ts";
import { type Profile, type Round, shrinkScalars, shrinkThenStep } from "./numerics.ts";

/** AdamW (Loshchilov & Hutter 2019, Algorithm 2): p ← p - (lr λ p + adamStep(g)). Step t (from 1), in place. */
export function adamw(tensor: AdamTensor, hyper: AdamHyper, t: number, round: Round, profile: Profile): void {
  const { param, grad } = tensor;
  const scalars = momentScalars(hyper, t, round);
  const shrink = shrinkScalars(hyper, round);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const step = adamStep(g, tensor, i, scalars, round, profile);
    param[i] = shrinkThenStep(tensor, i, shrink, step, round, profile);
  }
}
