import code from "../../../shaders/optim/scheduleFreeSgd.wgsl?raw";
import { rulePart, scheduleFree } from "../parts.ts";
import { rememberAverage, scheduleFreeScalars } from "../scheduleFree.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Schedule-free SGD (Defazio et al. 2024), as their package's `SGDScheduleFree`: no schedule, but a warm-up over the first
 * `warmup` steps, is needed. The parameters are the points y, where gradients are taken; evaluate with the average x, to
 * which `Optimizer.eval` takes them. Its weight decay is L2 regularization. Keep `momentum`, the share of x in y, constant:
 * x is worked out with it. State: `z`.
 */
export const scheduleFreeSgd = defineRule({
  name: "scheduleFreeSgd",
  defaults: { lr: 1, momentum: 0.9, weightDecay: 0, warmup: 0, r: 0, weightLrPower: 2, maximize: false },
  decay: "averaged",
  variant: () => ({ state: ["z"], parts: [rulePart("scheduleFreeSgd", code), scheduleFree] }),
  remember: (before, hyper, t) => rememberAverage(before, hyper, t),
  evaluation: { state: "z", share: ({ momentum }) => 1 - 1 / momentum },
  scalars: (hyper, t, profile, memory) => scheduleFreeScalars(hyper, hyper.momentum, t, profile, memory),
});
