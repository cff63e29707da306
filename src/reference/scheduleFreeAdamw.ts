import { type Profile, type Round, secondMoment, type Values } from "./numerics.ts";
import {
  type ScheduleFreeHyper,
  type ScheduleFreeTensor,
  scheduleFreeScalars,
  scheduleFreeStep,
} from "./scheduleFree.ts";

export interface ScheduleFreeAdamwHyper extends ScheduleFreeHyper {
  /** The share of x in y. */
  beta1: number;
  beta2: number;
  eps: number;
}

export interface ScheduleFreeAdamwTensor extends ScheduleFreeTensor {
  v: Values;
}

/**
 * Schedule-free AdamW (Defazio et al. 2024, Algorithm 1): z ← z - lr (g / (√v̂ + ε) + λ y); x ← (1 - c) x + c z;
 * y ← (1 - β₁) z + β₁ x. Step t (from 1), in place.
 */
export function scheduleFreeAdamw(
  tensor: ScheduleFreeAdamwTensor,
  hyper: ScheduleFreeAdamwHyper,
  t: number,
  round: Round,
  profile: Profile,
): void {
  const { param, grad, v } = tensor;
  const s = scheduleFreeScalars(hyper, hyper.beta1, t, tensor, round, profile);
  const [beta2, oneMinusBeta2, eps] = [round(hyper.beta2), round(1 - hyper.beta2), round(hyper.eps)];
  const biasCorrection2 = round(1 - hyper.beta2 ** t);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const vNow = secondMoment(v[i] as number, g, beta2, oneMinusBeta2, round, profile);
    v[i] = vNow;
    const direction = round(g / round(round(Math.sqrt(round(vNow / biasCorrection2))) + eps));
    scheduleFreeStep(tensor, i, direction, s, t, round, profile);
  }
}
