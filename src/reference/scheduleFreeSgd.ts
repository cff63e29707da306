import type { Profile, Round, Values } from "./numerics.ts";
import {
  type ScheduleFreeHyper,
  type ScheduleFreeMemory,
  scheduleFreeScalars,
  scheduleFreeStep,
} from "./scheduleFree.ts";

export interface ScheduleFreeSgdHyper extends ScheduleFreeHyper {
  momentum: number;
}

/** A tensor and its state: the parameter is y, where gradients are taken. */
export interface ScheduleFreeSgdTensor {
  param: Values;
  grad: Values;
  z: Values;
  memory: ScheduleFreeMemory;
}

/**
 * Schedule-free SGD (Defazio et al. 2024, equations 2 to 4): z ← z - lr (g + λ y); x ← (1 - c) x + c z;
 * y ← (1 - β) z + β x. Step t (from 1), in place.
 */
export function scheduleFreeSgd(
  { param, grad, z, memory }: ScheduleFreeSgdTensor,
  hyper: ScheduleFreeSgdHyper,
  t: number,
  round: Round,
  profile: Profile,
): void {
  const s = scheduleFreeScalars(hyper, hyper.momentum, t, memory, round, profile);
  for (let i = 0; i < param.length; i++) {
    const y = param[i] as number;
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    [param[i], z[i]] = scheduleFreeStep(y, t === 1 ? y : (z[i] as number), g, s, round, profile);
  }
}
