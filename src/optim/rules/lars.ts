import code from "../../../shaders/optim/lars.wgsl?raw";
import measureCode from "../../../shaders/optim/parts/larsMeasure.wgsl?raw";
import updateCode from "../../../shaders/optim/parts/larsUpdate.wgsl?raw";
import { part, rulePart, velocityVariant } from "../parts.ts";
import { adapts, momentumScalars } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

const rule = rulePart("lars", code);

/**
 * LARS (You, Gitman & Ginsburg 2017), as timm has it, whose defaults these are: SGD whose gradient, that of the L2 penalty
 * with it, is scaled to trustCoefficient times the length of the tensor. A tensor that does not decay, exempt or with a
 * weightDecay of 0 as by default, takes SGD's step unless `alwaysAdapt` is set. State: `velocity`, where momentum is used.
 */
export const lars = defineRule({
  name: "lars",
  defaults: {
    lr: 1,
    momentum: 0,
    dampening: 0,
    nesterov: false,
    weightDecay: 0,
    trustCoefficient: 1e-3,
    eps: 1e-8,
    alwaysAdapt: false,
    maximize: false,
  },
  decay: "coupled",
  variant: (uses) => {
    const { state, parts } = velocityVariant(rule, uses("momentum"));
    return {
      state,
      passes: [{ kind: "measure", parts: [rule, part("larsMeasure", measureCode)], sums: 2 }],
      parts: [...parts, part("larsUpdate", updateCode)],
      bytes: 20 + 8 * state.length,
    };
  },
  scalars: ({ lr, weightDecay, trustCoefficient, eps, alwaysAdapt, ...momentum }, t) => ({
    lr,
    weightDecay,
    ...momentumScalars(momentum, t),
    trustCoefficient,
    eps,
    adapts: adapts(weightDecay, alwaysAdapt),
  }),
});
