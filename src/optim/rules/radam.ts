import code from "../../../shaders/optim/radam.wgsl?raw";
import { momentsVariant, rulePart } from "../parts.ts";
import { eitherDecay, rectification } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * RAdam (Liu et al. 2020), as torch.optim.RAdam: Adam without a warm-up; its first steps, five at the default beta2, do not
 * divide by the second moment. Its weight decay is L2 regularization, or with `decoupled` (decoupled_weight_decay) shrinks
 * every weight by lr * weightDecay, as AdamW's. State: `m` (exp_avg) and `v` (exp_avg_sq).
 */
export const radam = defineRule({
  name: "radam",
  defaults: { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false, maximize: false },
  decay: ({ decoupled }) => (decoupled ? "decoupled" : "coupled"),
  hasSmallStates: true,
  variant: (_, __, states) => momentsVariant(rulePart("radam", code), states),
  scalars: ({ lr, beta1, beta2, eps, ...decay }, t) => {
    const r = rectification(beta2, t);
    const [biasCorrection1, rootBiasCorrection2] = [1 - beta1 ** t, Math.sqrt(1 - beta2 ** t)];
    return {
      ...eitherDecay({ lr, ...decay }),
      beta1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      rectified: r === undefined ? 0 : 1,
      stepSize: (lr / biasCorrection1) * (r === undefined ? 1 : rootBiasCorrection2 * r),
      lr,
      biasCorrection1,
      rootBiasCorrection2,
      rectification: r ?? 1,
      eps,
    };
  },
});
