import { factorKernels, measureKernel, updateKernel } from "../factors/kernels.ts";
import { buildFactors } from "../factors/pass.ts";
import { factorStates } from "../factors/states.ts";
import { shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adafactor (Shazeer & Stern 2018), as torch.optim.Adafactor: steps of max(eps2, RMS(p)) min(lr, 1/√t), after a shrink by
 * lr * weightDecay. State of matrices, the last two sides of a shape: `rowVar` (row_var) [..., rows, 1] and `colVar` (col_var)
 * [..., 1, columns], the mean squares of their rows and columns; of other tensors: `variance`, of their sides. `eps1` is
 * what PyTorch's None stands for, the eps of float32.
 */
export const adafactor = defineRule({
  name: "adafactor",
  defaults: { lr: 1e-2, beta2Decay: -0.8, eps1: 2 ** -23, eps2: 1e-3, d: 1, weightDecay: 0, maximize: false },
  decay: "decoupled",
  variant: () => ({
    ...factorStates,
    parts: updateKernel,
    passes: [
      { kind: "custom", kernels: factorKernels, lanes: 1, build: buildFactors },
      { kind: "measure", parts: measureKernel, sums: 2 },
    ],
    // The gradient three times and the weight twice, or the gradient and the variance twice each; and both are written.
    bytes: (shape) => (shape.length < 2 ? 32 : 24),
  }),
  scalars: ({ lr, beta2Decay, eps1, eps2, d, weightDecay }, t, profile) => {
    const oneMinusBeta2 = t ** beta2Decay;
    return {
      ...shrink(lr, weightDecay),
      oneMinusBeta2,
      // PyTorch's lerp takes 1 from the weight that it has rounded.
      beta2: 1 - (profile === "torch" ? Math.fround(oneMinusBeta2) : oneMinusBeta2),
      rho: Math.min(lr, 1 / Math.sqrt(t)),
      eps1,
      eps1Squared: eps1 ** 2,
      eps2,
      d,
    };
  },
});
