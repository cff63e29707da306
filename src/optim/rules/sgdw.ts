import code from "../../../shaders/optim/sgdw.wgsl?raw";
import { rulePart, velocityVariant } from "../parts.ts";
import { momentumScalars, shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * SGD with decoupled weight decay (Loshchilov & Hutter 2019): each step shrinks every weight by lr * weightDecay.
 * State: `velocity`, where momentum is used.
 */
export const sgdw = defineRule({
  name: "sgdw",
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false },
  decay: "decoupled",
  variant: (uses) => velocityVariant(rulePart("sgdw", code), uses("momentum")),
  scalars: (hyper, t) => ({
    lr: hyper.lr,
    ...shrink(hyper.lr, hyper.weightDecay),
    ...momentumScalars(hyper, t),
  }),
});
