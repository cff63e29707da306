import { type AdamHyper, type AdamTensor, adamStep, momentScalars } from "./moments.ts";
import { coupledGradient, type Profile, type Round } from "./numerics.ts";

/** Adam with L2 regularization: g ← g + λ p; p ← p - adamStep(g). Step t (from 1), in place. */
export function adam(tensor: AdamTensor, hyper: AdamHyper, t: number, round: Round, profile: Profile): void {
  const { param } = tensor;
  const scalars = momentScalars(hyper, t, round);
  const weightDecay = round(hyper.weightDecay);
  for (let i = 0; i < param.length; i++) {
    const g = coupledGradient(tensor, i, hyper.maximize, weightDecay, round);
    param[i] = round((param[i] as number) - adamStep(g, tensor, i, scalars, round, profile));
  }
}
