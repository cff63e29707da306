import code from "../../../shaders/optim/lion.wgsl?raw";
import { firstMomentVariant, rulePart } from "../parts.ts";
import { shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Lion (Chen et al. 2023): steps by lr along the sign of the momentum, after a shrink by lr * weightDecay. Its authors
 * take lr 3 to 10 times smaller than AdamW's and weightDecay as much larger; both defaults are theirs. State: `m`.
 */
export const lion = defineRule({
  name: "lion",
  defaults: { lr: 1e-4, beta1: 0.9, beta2: 0.99, weightDecay: 0, maximize: false },
  decay: "decoupled",
  hasSmallStates: true,
  variant: (_, __, states) => firstMomentVariant(rulePart("lion", code), states),
  scalars: ({ lr, beta1, beta2, weightDecay }) => ({
    lr,
    ...shrink(lr, weightDecay),
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
  }),
});
