import code from "../../../shaders/optim/adam.wgsl?raw";
import { adamVariant, rulePart } from "../parts.ts";
import { momentScalars } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adam, as torch.optim.Adam: its weight decay is L2 regularization, which the moments rescale. For a decay that shrinks
 * all weights alike use `adamw`. State: `m`, `v`, and `vMax` with `amsgrad`.
 */
export const adam = defineRule({
  name: "adam",
  defaults: { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false },
  decay: "coupled",
  switches: ["amsgrad"],
  hasSmallStates: true,
  variant: (uses, _, states) => adamVariant(rulePart("adam", code), uses("amsgrad"), states),
  scalars: (hyper, t) => ({ weightDecay: hyper.weightDecay, ...momentScalars(hyper, t) }),
});
