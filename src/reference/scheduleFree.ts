import { lerp, type Profile, type Round } from "./numerics.ts";

export interface ScheduleFreeHyper {
  lr: number;
  weightDecay: number;
  warmup: number;
  r: number;
  weightLrPower: number;
  maximize: boolean;
}

/** What a tensor's updates leave behind for the next one; empty before the first. */
export interface ScheduleFreeMemory {
  /** Of the weights that the average has given to the points so far. */
  weightSum?: number;
  /** The largest learning rate so far, warm-up included. */
  lrMax?: number;
}

/** The scalars of step t, which goes into the memory: computed in float64, rounded once. β is the share of x in y. */
export function scheduleFreeScalars(
  { lr, weightDecay, warmup, r, weightLrPower }: ScheduleFreeHyper,
  beta: number,
  t: number,
  memory: ScheduleFreeMemory,
  round: Round,
  profile: Profile,
) {
  const stepSize = lr * Math.min(1, t / warmup);
  const lrMax = Math.max(memory.lrMax ?? 0, stepSize);
  const weight = t ** r * lrMax ** weightLrPower;
  const weightSum = (memory.weightSum ?? 0) + weight;
  memory.lrMax = lrMax;
  memory.weightSum = weightSum;
  const share = weightSum > 0 ? weight / weightSum : 0;
  const stepSizeAtY = stepSize * (1 - beta * (1 - share));
  return {
    share: round(share),
    // PyTorch's lerp takes it from the share as float32 has it.
    rest: round(1 - (profile === "torch" ? round(share) : share)),
    stepSize: round(stepSize),
    stepSizeAtY: round(stepSizeAtY),
    weightDecay: round(weightDecay),
    decay: round(stepSize * weightDecay),
    decayAtY: round(stepSizeAtY * weightDecay),
  };
}

/** y and z after the step along `direction`, which is the gradient or, for AdamW, what its second moment makes of it. */
export function scheduleFreeStep(
  y: number,
  z: number,
  direction: number,
  s: ReturnType<typeof scheduleFreeScalars>,
  round: Round,
  profile: Profile,
): [y: number, z: number] {
  if (profile === "torch") {
    const u = round(direction + round(s.weightDecay * y));
    const nearer = lerp(y, z, s.share, s.rest, round);
    return [round(nearer - round(s.stepSizeAtY * u)), round(z - round(s.stepSize * u))];
  }
  const towardsZ = round(s.share * round(y - z));
  const step = round(towardsZ + round(s.stepSizeAtY * direction));
  return [
    round(y - round(round(s.decayAtY * y) + step)),
    round(z - round(round(s.decay * y) + round(s.stepSize * direction))),
  ];
}

/**
 * x, the weights to evaluate with: the average of all z so far, found from y = (1 - β) z + β x. PyTorch's lerp to
 * 1 - 1 / β, which goes from the nearer end.
 */
export function evaluationPoint(y: number, z: number, beta: number, round: Round): number {
  const weight = round(1 - 1 / beta);
  const difference = round(z - y);
  return weight > -0.5 ? round(y + round(weight * difference)) : round(z - round(round(1 - weight) * difference));
}
