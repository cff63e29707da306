import { decaying, lerp, type ParamTensor, type Profile, type Round, type Values } from "./numerics.ts";

export interface ScheduleFreeHyper {
  lr: number;
  weightDecay: number;
  warmup: number;
  r: number;
  weightLrPower: number;
  maximize: boolean;
}

/** What a tensor's updates leave behind for the next one. */
export interface ScheduleFreeMemory {
  /** Of the weights that the average has given to the points so far. */
  weightSum: number;
  /** The largest learning rate so far, warm-up included. */
  lrMax: number;
}

/** A tensor and its state: the parameter is y, where gradients are taken. */
export interface ScheduleFreeTensor extends ParamTensor {
  z: Values;
  /** Made by the first step. */
  memory?: ScheduleFreeMemory;
}

/** The scalars of step t, which goes into the tensor's memory: computed in float64, rounded once. β is the share of x in y. */
export function scheduleFreeScalars(
  { lr, weightDecay, warmup, r, weightLrPower }: ScheduleFreeHyper,
  beta: number,
  t: number,
  tensor: ScheduleFreeTensor,
  round: Round,
  profile: Profile,
) {
  const stepSize = lr * Math.min(1, t / warmup);
  const before = tensor.memory ?? { weightSum: 0, lrMax: 0 };
  const lrMax = Math.max(before.lrMax, stepSize);
  const weight = t ** r * lrMax ** weightLrPower;
  const weightSum = before.weightSum + weight;
  tensor.memory = Object.assign(before, { weightSum, lrMax });
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

/** Step t of element i along `direction`: the gradient or, for AdamW, what its second moment makes of it. */
export function scheduleFreeStep(
  tensor: ScheduleFreeTensor,
  i: number,
  direction: number,
  s: ReturnType<typeof scheduleFreeScalars>,
  t: number,
  round: Round,
  profile: Profile,
): void {
  const { param } = tensor;
  const y = param[i] as number;
  const z = t === 1 ? y : (tensor.z[i] as number);
  const decays = decaying(tensor, i, round);
  if (profile === "torch") {
    const step = round(direction + round(s.weightDecay * decays));
    tensor.z[i] = round(z - round(s.stepSize * step));
    param[i] = round(lerp(y, z, s.share, s.rest, round) - round(s.stepSizeAtY * step));
    return;
  }
  const step = round(round(s.share * round(y - z)) + round(s.stepSizeAtY * direction));
  tensor.z[i] = round(z - round(round(s.decay * decays) + round(s.stepSize * direction)));
  param[i] = round(y - round(round(s.decayAtY * decays) + step));
}

/**
 * x, the weights to evaluate with: the average of all z so far, found from y = (1 - β) z + β x. PyTorch's lerp to
 * 1 - 1 / β, which goes from the nearer end.
 */
export function evaluationPoint(y: number, z: number, beta: number, round: Round): number {
  const share = round(1 - 1 / beta);
  const difference = round(z - y);
  return Math.abs(share) < 0.5 ? round(y + round(share * difference)) : round(z - round(round(1 - share) * difference));
}
