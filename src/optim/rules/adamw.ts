import code from "../../../shaders/optim/adamw.wgsl?raw";
import { adamVariant, rulePart } from "../parts.ts";
import { momentScalars, shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW: each step shrinks every weight by lr * weightDecay, whatever
 * its gradient. State: `m`, `v`, and `vMax` with `amsgrad`.
 */
export const adamw = defineRule({
  name: "adamw",
  defaults: { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 1e-2, amsgrad: false, maximize: false },
  decay: "decoupled",
  switches: ["amsgrad"],
  hasSmallStates: true,
  variant: (uses, _, states) => adamVariant(rulePart("adamw", code), uses("amsgrad"), states),
  scalars: (hyper, t) => ({ ...shrink(hyper.lr, hyper.weightDecay), ...momentScalars(hyper, t) }),
});
