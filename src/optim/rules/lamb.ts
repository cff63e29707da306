import code from "../../../shaders/optim/lamb.wgsl?raw";
import measureCode from "../../../shaders/optim/parts/lambMeasure.wgsl?raw";
import updateCode from "../../../shaders/optim/parts/lambUpdate.wgsl?raw";
import { momentsIn, part, rulePart } from "../parts.ts";
import { adapts } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

const { parts: moments } = momentsIn("float32");
const rule = rulePart("lamb", code);

/**
 * LAMB (You et al. 2020), as timm and Apex have it, whose defaults these are: Adam's direction plus weightDecay * p, scaled
 * so that a tensor's step has lr times the length of the tensor. A tensor that does not decay, exempt or with a weightDecay
 * of 0, takes Adam's step unless `alwaysAdapt` is set. The step's length does not depend on weightDecay, which only turns
 * it toward zero: no shrink is its own. timm and Apex clip the gradients first: ask the optimizer for
 * `gradients: { clipNorm: 1 }`. State: `m` and `v`.
 */
export const lamb = defineRule({
  name: "lamb",
  defaults: {
    lr: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-6,
    weightDecay: 1e-2,
    alwaysAdapt: false,
    maximize: false,
  },
  decay: "scaled",
  variant: () => ({
    state: ["m", "v"],
    passes: [
      { kind: "measure", parts: [rule, ...moments, part("lambMeasure", measureCode)], sums: 2, takesGradient: true },
    ],
    parts: [rule, ...moments, part("lambUpdate", updateCode)],
    bytes: 40,
  }),
  scalars: ({ lr, beta1, beta2, eps, weightDecay, alwaysAdapt }, t) => ({
    lr,
    weightDecay,
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    biasCorrection1: 1 - beta1 ** t,
    rootBiasCorrection2: Math.sqrt(1 - beta2 ** t),
    eps,
    adapts: adapts(weightDecay, alwaysAdapt),
  }),
});
