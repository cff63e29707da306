import code from "../../../shaders/optim/lars.wgsl?raw";
import { rulePart } from "../parts.ts";
import { adapts, momentumScalars } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

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
  variant: (uses) => ({ state: uses("momentum") ? ["velocity"] : [], parts: [rulePart("lars", code)] }),
  scalars: ({ lr, weightDecay, trustCoefficient, eps, alwaysAdapt, ...momentum }, t) => ({
    lr,
    weightDecay,
    ...momentumScalars(momentum, t),
    trustCoefficient,
    eps,
    adapts: adapts(weightDecay, alwaysAdapt),
  }),
});
