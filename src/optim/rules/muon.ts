import { requireMatrix } from "../muon/matrix.ts";
import { muonVariant } from "../muon/variant.ts";
import { shrink } from "../scalars.ts";
import { defineRule } from "../updateRule.ts";

/**
 * Muon (Keller Jordan 2024), as torch.optim.Muon: for the matrices of hidden layers, whose steps have all singular values
 * near 1. Convolutions' kernels [out, in, height, width] are matrices [out, in height width]; anything else is a ShapeError:
 * give it to `adamw`, as `splitForMuon` does. `nsSteps` Newton-Schulz steps of X ← aX + b(XXᵀ)X + c(XXᵀ)²X, `nsCoefficients`
 * being [a, b, c], are taken in float32, where PyTorch takes them in bfloat16. `adjust` makes steps longer for a matrix's
 * sides: "original" by √max(1, rows / columns), "matchRmsAdamw" by 0.2 √max(rows, columns), so that lr and weightDecay are
 * AdamW's. Its decay shrinks by lr * weightDecay, and not by what that is adjusted to. State: `velocity` (momentum_buffer);
 * beside it two floats a parameter and two squares of each matrix's shorter side are held to work in.
 */
export const muon = defineRule({
  name: "muon",
  defaults: {
    lr: 1e-3,
    momentum: 0.95,
    nesterov: true,
    weightDecay: 0.1,
    nsSteps: 5,
    nsCoefficients: [3.4445, -4.775, 2.0315] as readonly number[],
    eps: 1e-7,
    adjust: "original" as "original" | "matchRmsAdamw",
    maximize: false,
  },
  decay: "decoupled",
  fixed: ["nsSteps"],
  checkTensor: requireMatrix,
  variant: (_, { nsSteps }) => muonVariant(nsSteps),
  scalars: ({ lr, momentum, nesterov, weightDecay, nsCoefficients, eps, adjust }) => {
    const [nsA = 0, nsB = 0, nsC = 0] = nsCoefficients;
    return {
      lr,
      ...shrink(lr, weightDecay),
      momentum,
      oneMinusMomentum: 1 - momentum,
      nesterov: nesterov ? 1 : 0,
      eps,
      nsA,
      nsB,
      nsC,
      matchesRmsAdamw: adjust === "matchRmsAdamw" ? 1 : 0,
    };
  },
});
