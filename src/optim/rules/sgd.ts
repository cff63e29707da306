import code from "../../../shaders/optim/sgd.wgsl?raw";
import { rulePart, velocityVariant } from "../parts.ts";
import { momentumScalars } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * SGD with L2 regularization, as torch.optim.SGD: the decay enters the gradient, so momentum carries it too.
 * State: `velocity`, where momentum is used.
 */
export const sgd = defineRule({
  name: "sgd",
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false },
  decay: "coupled",
  variant: (uses) => velocityVariant(rulePart("sgd", code), uses("momentum")),
  scalars: (hyper, t) => ({ lr: hyper.lr, weightDecay: hyper.weightDecay, ...momentumScalars(hyper, t) }),
});
