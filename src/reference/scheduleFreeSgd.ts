import type { Profile, Round } from "./numerics.ts";
import {
  type ScheduleFreeHyper,
  type ScheduleFreeTensor,
  scheduleFreeScalars,
  scheduleFreeStep,
} from "./scheduleFree.ts";

export interface ScheduleFreeSgdHyper extends ScheduleFreeHyper {
  /** β, the share of x in y. */
  momentum: number;
}

/**
 * Schedule-free SGD (Defazio et al. 2024): z ← z - lr (g + λ y); x ← (1 - c) x + c z; y ← (1 - β) z + β x. Step t (from 1),
 * in place.
 */
export function scheduleFreeSgd(
  tensor: ScheduleFreeTensor,
  hyper: ScheduleFreeSgdHyper,
  t: number,
  round: Round,
  profile: Profile,
): void {
  const { param, grad } = tensor;
  const s = scheduleFreeScalars(hyper, hyper.momentum, t, tensor, round, profile);
  for (let i = 0; i < param.length; i++) {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    scheduleFreeStep(tensor, i, g, s, t, round, profile);
  }
}
