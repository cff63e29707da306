import code from "../../../shaders/optim/adan.wgsl?raw";
import { rulePart } from "../parts.ts";
import { shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adan (Xie et al. 2022), with its authors' betas and defaults: Nesterov's momentum from the differences between
 * gradients. Its decay is the shrink by lr * weightDecay before the step that their code calls `no_prox`, and not its
 * default, the division by 1 + lr * weightDecay after it. State: `m`, `v` (of the differences), `n`, and `gBefore`, the
 * gradient of the step before.
 */
export const adan = defineRule({
  name: "adan",
  defaults: { lr: 1e-3, beta1: 0.98, beta2: 0.92, beta3: 0.99, eps: 1e-8, weightDecay: 0, maximize: false },
  decay: "decoupled",
  variant: () => ({ state: ["m", "v", "n", "gBefore"], parts: [rulePart("adan", code)] }),
  scalars: ({ lr, beta1, beta2, beta3, eps, weightDecay }, t) => ({
    ...shrink(lr, weightDecay),
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    beta3,
    oneMinusBeta3: 1 - beta3,
    differenceShare: t === 1 ? 0 : 1,
    stepSize: lr / (1 - beta1 ** t),
    differenceStepSize: (lr * beta2) / (1 - beta2 ** t),
    rootBiasCorrection3: Math.sqrt(1 - beta3 ** t),
    eps,
  }),
});
