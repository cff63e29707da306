import code from "../../../shaders/optim/rmsprop.wgsl?raw";
import { rmspropVariant, rulePart } from "../parts.ts";
import { defineRule } from "../updateRule.ts";

/**
 * RMSprop (Hinton 2012), as torch.optim.RMSprop: its weight decay is L2 regularization, which the root rescales.
 * With `centered` (Graves 2013) the root is that of the gradient's variance; where rounding makes that negative it is taken
 * to be 0, while PyTorch gets NaN. State: `v` (square_avg), `gAvg` (grad_avg) with `centered`, `velocity`
 * (momentum_buffer) where momentum is used.
 */
export const rmsprop = defineRule({
  name: "rmsprop",
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
  decay: "coupled",
  switches: ["centered"],
  variant: (uses) => rmspropVariant(rulePart("rmsprop", code), uses("centered"), uses("momentum")),
  scalars: ({ lr, alpha, eps, weightDecay, momentum }) => ({
    lr,
    weightDecay,
    alpha,
    oneMinusAlpha: 1 - alpha,
    eps,
    momentum,
  }),
});
