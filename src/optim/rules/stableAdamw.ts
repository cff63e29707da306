import measureCode from "../../../shaders/optim/parts/stableAdamwMeasure.wgsl?raw";
import updateCode from "../../../shaders/optim/parts/stableAdamwUpdate.wgsl?raw";
import code from "../../../shaders/optim/stableAdamw.wgsl?raw";
import { momentsIn, part, rulePart } from "../parts.ts";
import { debiased } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

const { parts: moments } = momentsIn("float32");
const rule = rulePart("stableAdamw", code);

/** The smallest normal float32: below it ε² would be zero, and 0 / 0 the mean of a tensor without gradients. */
const smallest = 2 ** -126;

/**
 * StableAdamW (Wortsman et al. 2023, Algorithm 2): AdamW whose learning rate, that of the decay too, is divided in each
 * tensor by the RMS of g / √v where that is above 1, so that a gradient that v has not seen coming makes no large step.
 * Defaults of pytorch_optimizer. State: `m` and `v`, which are averages from the first step on, without bias correction.
 */
export const stableAdamw = defineRule({
  name: "stableAdamw",
  defaults: { lr: 1e-3, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 1e-2, maximize: false },
  decay: "decoupled",
  variant: () => ({
    state: ["m", "v"],
    passes: [
      {
        kind: "measure",
        parts: [rule, ...moments, part("stableAdamwMeasure", measureCode)],
        sums: 2,
        takesGradient: true,
      },
    ],
    parts: [rule, ...moments, part("stableAdamwUpdate", updateCode)],
    bytes: 36,
  }),
  scalars: ({ lr, beta1, beta2, eps, weightDecay }, t, profile) => {
    const [debiased1, debiased2] = [debiased(beta1, t), debiased(beta2, t)];
    return {
      lr,
      weightDecay,
      decay: lr * weightDecay,
      // PyTorch's lerp takes 1 - w of the rounded w.
      beta1: profile === "torch" ? 1 - Math.fround(1 - debiased1) : debiased1,
      oneMinusBeta1: 1 - debiased1,
      beta2: debiased2,
      oneMinusBeta2: 1 - debiased2,
      eps,
      epsSquared: Math.max(eps * eps, smallest),
    };
  },
});
