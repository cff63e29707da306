import code from "../../../shaders/optim/adafactor.wgsl?raw";
import { rulePart } from "../parts.ts";
import { shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Adafactor (Shazeer & Stern 2018), as torch.optim.Adafactor: steps of max(eps2, RMS(p)) min(lr, 1/√t), after a shrink by
 * lr * weightDecay. State of matrices, the last two sides of a shape: `rowVar` (row_var) [..., rows, 1] and `colVar` (col_var)
 * [..., 1, columns], the mean squares of their rows and columns; of other tensors: `variance`, of their size. `eps1` is
 * PyTorch's None, the eps of float32.
 */
export const adafactor = defineRule({
  name: "adafactor",
  defaults: { lr: 1e-2, beta2Decay: -0.8, eps1: 2 ** -23, eps2: 1e-3, d: 1, weightDecay: 0, maximize: false },
  decay: "decoupled",
  variant: () => ({ state: ["rowVar", "colVar", "variance"], stateShape, parts: [rulePart("adafactor", code)] }),
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

function stateShape(state: string, shape: readonly number[]): readonly number[] | undefined {
  const matrices = shape.slice(0, -2);
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return state === "variance" ? shape : undefined;
  if (state === "variance") return undefined;
  return state === "rowVar" ? [...matrices, rows, 1] : [...matrices, 1, columns];
}
