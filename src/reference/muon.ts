import { type Coefficients, orthogonalized } from "./newtonSchulz.ts";
import {
  type DecayHyper,
  lerp,
  type ParamTensor,
  type Profile,
  type Round,
  shrinkScalars,
  shrinkThenStep,
  type Values,
} from "./numerics.ts";
import type { Tiling } from "./total.ts";

export interface MuonHyper extends DecayHyper {
  lr: number;
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
  nsSteps: number;
  nsCoefficients: Coefficients;
  eps: number;
  adjust: "original" | "matchRmsAdamw";
  maximize: boolean;
}

/** A matrix and its state. Of a kernel, [out, in, height, width], all sides but the first are its columns. */
export interface MuonTensor extends ParamTensor {
  shape: readonly number[];
  velocity: Values;
}

/** How much longer a step is for the matrix's shape: Keller Jordan's, or Moonshot's, which has the size of AdamW's steps. */
export function adjustment(adjust: MuonHyper["adjust"], rows: number, columns: number): number {
  return adjust === "original" ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
}

/**
 * Muon (Keller Jordan 2024), as torch.optim.Muon: b ← b + (1 - μ)(g - b); u = b, or g + μ (b - g) with Nesterov's
 * momentum; p ← p - (lr λ p + lr adjust O), O being u with all its singular values near 1. Step t (from 1), in place.
 */
export function muon(
  tensor: MuonTensor,
  hyper: MuonHyper,
  _t: number,
  round: Round,
  profile: Profile,
  tiling?: Tiling,
): void {
  const { shape, param, grad, velocity } = tensor;
  const [rows = 0, ...others] = shape;
  const columns = others.reduce((product, side) => product * side, 1);
  const [momentum, oneMinusMomentum] = [round(hyper.momentum), round(1 - hyper.momentum)];
  const ahead = param.map((_, i) => {
    const g = hyper.maximize ? -(grad[i] as number) : (grad[i] as number);
    const b = lerp(velocity[i] as number, g, oneMinusMomentum, momentum, round);
    velocity[i] = b;
    return hyper.nesterov ? lerp(g, b, momentum, oneMinusMomentum, round) : b;
  });
  const { nsCoefficients: coefficients, nsSteps: steps, eps } = hyper;
  const o = orthogonalized(ahead, [rows, columns], { coefficients, steps, eps }, round, tiling);
  const lr = round(hyper.lr);
  const adjust = round(adjustment(hyper.adjust, rows, columns));
  const shrink = shrinkScalars(hyper, round);
  for (let i = 0; i < param.length; i++) {
    const step = round(lr * round(adjust * (o[i] as number)));
    param[i] = shrinkThenStep(tensor, i, shrink, step, round, profile);
  }
}
