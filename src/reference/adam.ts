import { type AdamHyper, type AdamTensor, adamStep, momentScalars } from "./moments.ts";
import type { Profile, Round } from "./numerics.ts";

/** Adam with L2 regularization: g ← g + λ p; p ← p - adamStep(g). Step t (from 1), in place. */
export function adam(tensor: AdamTensor, hyper: AdamHyper, t: number, round: Round, profile: Profile): void {
  const { param, grad } = tensor;
  const scalars = momentScalars(hyper, t, round);
  const weightDecay = round(hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const p = param[i] as number;
    const ascent = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const g = round(ascent + round(weightDecay * p));
    param[i] = round(p - adamStep(g, tensor, i, scalars, round, profile));
  }
}
