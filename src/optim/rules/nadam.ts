import code from "../../../shaders/optim/nadam.wgsl?raw";
import { momentsVariant, rulePart } from "../parts.ts";
import { eitherDecay, nadamMomentum, nadamProduct } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * NAdam (Dozat 2016), as torch.optim.NAdam: Adam with Nesterov's momentum. Its weight decay is L2 regularization, or with
 * `decoupled` (decoupled_weight_decay) shrinks every weight by lr * weightDecay, as AdamW's. PyTorch's mu_product is computed
 * from the step, as if `beta1` and `momentumDecay` had always been what they are: keep those two constant where it has to
 * equal PyTorch's. State: `m` (exp_avg) and `v` (exp_avg_sq).
 */
export const nadam = defineRule({
  name: "nadam",
  defaults: {
    lr: 2e-3,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weightDecay: 0,
    momentumDecay: 4e-3,
    decoupled: false,
    maximize: false,
  },
  decay: ({ decoupled }) => (decoupled ? "decoupled" : "coupled"),
  hasSmallStates: true,
  variant: (_, __, states) => momentsVariant(rulePart("nadam", code), states),
  scalars: ({ lr, beta1, beta2, eps, momentumDecay, ...decay }, t, profile) => {
    const product = nadamProduct(beta1, momentumDecay, t, profile === "torch" ? Math.fround : (x) => x);
    const next = nadamMomentum(beta1, momentumDecay, t + 1);
    return {
      ...eitherDecay({ lr, ...decay }),
      beta1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      biasCorrection2: 1 - beta2 ** t,
      gradientStep: (lr * (1 - nadamMomentum(beta1, momentumDecay, t))) / (1 - product),
      momentumStep: (lr * next) / (1 - product * next),
      eps,
    };
  },
});
