import code from "../../../shaders/optim/scheduleFreeAdamw.wgsl?raw";
import { rulePart, scheduleFree } from "../parts.ts";
import { rememberAverage, scheduleFreeScalars } from "../scheduleFree.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Schedule-free AdamW (Defazio et al. 2024, Algorithm 1), as their package's `AdamWScheduleFree`: no schedule, but a
 * warm-up over the first `warmup` steps, is needed. The parameters are the points y, where gradients are taken; evaluate
 * with the average x, to which `Optimizer.eval` takes them. Its weight decay stays out of the second moment. Keep `beta1`,
 * the share of x in y, constant: x is worked out with it. State: `z` and `v` (exp_avg_sq).
 */
export const scheduleFreeAdamw = defineRule({
  name: "scheduleFreeAdamw",
  defaults: {
    lr: 2.5e-3,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weightDecay: 0,
    warmup: 0,
    r: 0,
    weightLrPower: 2,
    maximize: false,
  },
  decay: "averaged",
  variant: () => ({ state: ["z", "v"], parts: [rulePart("scheduleFreeAdamw", code), scheduleFree] }),
  remember: (before, hyper, t) => rememberAverage(before, hyper, t),
  evaluation: { state: "z", share: ({ beta1 }) => 1 - 1 / beta1 },
  scalars: (hyper, t, profile, memory) => ({
    ...scheduleFreeScalars(hyper, hyper.beta1, t, profile, memory),
    beta2: hyper.beta2,
    oneMinusBeta2: 1 - hyper.beta2,
    biasCorrection2: 1 - hyper.beta2 ** t,
    eps: hyper.eps,
  }),
});
