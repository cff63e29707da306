import code from "../../../shaders/optim/adamax.wgsl?raw";
import { rulePart } from "../parts.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adamax (Kingma & Ba 2015), as torch.optim.Adamax: its weight decay is L2 regularization, which the norm rescales.
 * State: `m` (exp_avg) and `u` (exp_inf).
 */
export const adamax = defineRule({
  name: "adamax",
  defaults: { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, maximize: false },
  decay: "coupled",
  variant: () => ({ state: ["m", "u"], parts: [rulePart("adamax", code)] }),
  scalars: ({ lr, beta1, beta2, eps, weightDecay }, t) => ({
    weightDecay,
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    stepSize: lr / (1 - beta1 ** t),
    eps,
  }),
});
