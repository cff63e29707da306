/** What the schedule-free rules compute on the host, in float64 (Defazio et al. 2024). */
import type { Memory } from "./updateRule.ts";
import type { Profile } from "./variant.ts";

interface ScheduleFreeHyper {
  readonly lr: number;
  readonly weightDecay: number;
  readonly warmup: number;
  readonly r: number;
  readonly weightLrPower: number;
}

/** The learning rate of step t: it rises over the first `warmup` steps. */
const warmed = ({ lr, warmup }: ScheduleFreeHyper, t: number): number => lr * Math.min(1, t / warmup);

/** How much step t counts in the average. */
const weightOf = ({ r, weightLrPower }: ScheduleFreeHyper, t: number, lrMax: number): number =>
  t ** r * lrMax ** weightLrPower;

/** The largest learning rate so far, and the sum of the weights that the average has given. */
export function rememberAverage({ lrMax = 0, weightSum = 0 }: Memory, hyper: ScheduleFreeHyper, t: number) {
  const lrMaxNow = Math.max(lrMax, warmed(hyper, t));
  return { lrMax: lrMaxNow, weightSum: weightSum + weightOf(hyper, t, lrMaxNow) };
}

/** The scalars of shaders/optim/parts/scheduleFree.wgsl; β is the share of x in y. */
export function scheduleFreeScalars(
  hyper: ScheduleFreeHyper,
  beta: number,
  t: number,
  profile: Profile,
  { lrMax = 0, weightSum = 0 }: Memory,
) {
  const share = weightSum > 0 ? weightOf(hyper, t, lrMax) / weightSum : 0;
  const stepSize = warmed(hyper, t);
  const stepSizeAtY = stepSize * (1 - beta * (1 - share));
  return {
    share,
    // PyTorch's lerp takes it from the share as float32 has it.
    rest: 1 - (profile === "torch" ? Math.fround(share) : share),
    stepSize,
    stepSizeAtY,
    weightDecay: hyper.weightDecay,
    decay: stepSize * hyper.weightDecay,
    decayAtY: stepSizeAtY * hyper.weightDecay,
  };
}
