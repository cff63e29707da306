import code from "../../../shaders/optim/adagrad.wgsl?raw";
import { rulePart } from "../parts.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adagrad (Duchi, Hazan & Singer 2011), as torch.optim.Adagrad: its weight decay is L2 regularization, which the root
 * rescales. The sum starts at zero, PyTorch's default; there is no initial_accumulator_value. State: `sum` (sum).
 */
export const adagrad = defineRule({
  name: "adagrad",
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, eps: 1e-10, maximize: false },
  decay: "coupled",
  variant: () => ({ state: ["sum"], parts: [rulePart("adagrad", code)] }),
  scalars: ({ lr, lrDecay, weightDecay, eps }, t) => ({
    stepSize: lr / (1 + (t - 1) * lrDecay),
    weightDecay,
    eps,
  }),
});
