import code from "../../../shaders/optim/adadelta.wgsl?raw";
import { rulePart } from "../parts.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adadelta (Zeiler 2012), as torch.optim.Adadelta: its weight decay is L2 regularization, which the roots rescale.
 * State: `v` (square_avg), the mean square of the gradients, and `vDelta` (acc_delta), that of the steps.
 */
export const adadelta = defineRule({
  name: "adadelta",
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
  decay: "coupled",
  variant: () => ({ state: ["v", "vDelta"], parts: [rulePart("adadelta", code)] }),
  scalars: ({ lr, rho, eps, weightDecay }) => ({
    lr,
    weightDecay,
    rho,
    oneMinusRho: 1 - rho,
    eps,
  }),
});
