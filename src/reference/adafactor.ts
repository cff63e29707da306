import { columnSums, type Matrices, matricesOf, meansOfRows, rowSums } from "./factors.ts";
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
import { type Tiling, total } from "./total.ts";

export interface AdafactorHyper extends DecayHyper {
  lr: number;
  beta2Decay: number;
  eps1: number;
  eps2: number;
  d: number;
  weightDecay: number;
  maximize: boolean;
}

/** A tensor and its state: matrices have `rowVar` and `colVar`, a tensor of one side or none `variance`. */
export interface AdafactorTensor extends ParamTensor {
  shape: readonly number[];
  /** [..., rows, 1] */
  rowVar?: Values;
  /** [..., 1, columns] */
  colVar?: Values;
  variance?: Values;
}

/** Adafactor's scalars at step t: computed in float64, rounded once. PyTorch's lerp takes 1 from the rounded weight. */
function adafactorScalars(hyper: AdafactorHyper, t: number, round: Round, profile: Profile) {
  const { lr, beta2Decay, eps1, eps2, d } = hyper;
  const oneMinusBeta2 = t ** beta2Decay;
  return {
    oneMinusBeta2: round(oneMinusBeta2),
    beta2: round(1 - (profile === "torch" ? round(oneMinusBeta2) : oneMinusBeta2)),
    rho: round(Math.min(lr, 1 / Math.sqrt(t))),
    eps1: round(eps1),
    eps1Squared: round(eps1 * eps1),
    eps2: round(eps2),
    d: round(d),
    shrink: shrinkScalars(hyper, round),
  };
}

type Scalars = ReturnType<typeof adafactorScalars>;

/**
 * Adafactor (Shazeer & Stern 2018), as PyTorch has it: U = g / √V, V from the means of g² over rows and columns;
 * p ← p - (lr λ p + max(ε₂, RMS(p)) ρ / max(1, RMS(U) / d) · U). Step t (from 1), in place.
 */
export function adafactor(
  tensor: AdafactorTensor,
  hyper: AdafactorHyper,
  t: number,
  round: Round,
  profile: Profile,
  tiling?: Tiling,
): void {
  const { shape, param } = tensor;
  const count = param.length;
  if (count === 0) return;
  const s = adafactorScalars(hyper, t, round, profile);
  const grad = hyper.maximize ? tensor.grad.map((g) => -g) : tensor.grad;
  const squareAt = (i: number): number => round((grad[i] as number) * (grad[i] as number));
  const matrices = matricesOf(shape);
  const estimateAt = matrices
    ? factored(tensor, matrices, squareAt, s, round, profile, tiling)
    : unfactored(tensor, squareAt, s, round);
  const updateAt = (i: number): number => {
    const root = round(Math.sqrt(Math.max(estimateAt(i), s.eps1Squared)));
    const g = grad[i] as number;
    return profile === "torch" ? round(round(1 / root) * g) : round(g / root);
  };

  const updates = Array.from({ length: count }, (_, i) => updateAt(i));
  const rms = (values: ArrayLike<number>): number => {
    const sum = total(count, (i) => round((values[i] as number) * (values[i] as number)), round, tiling);
    return round(Math.sqrt(round(sum / round(count))));
  };
  const alpha = round(Math.max(s.eps2, rms(param)) * s.rho);
  const stepSize = round(alpha / Math.max(1, round(rms(updates) / s.d)));
  for (let i = 0; i < count; i++) {
    const step = round(stepSize * (updates[i] as number));
    param[i] = shrinkThenStep(tensor, i, s.shrink, step, round, profile);
  }
}

/** Takes the moving averages of the row and column means of g², and tells V = rowVar colVar / mean(rowVar) at an element. */
function factored(
  { rowVar = new Float64Array(), colVar = new Float64Array() }: AdafactorTensor,
  matrices: Matrices,
  squareAt: (i: number) => number,
  s: Scalars,
  round: Round,
  profile: Profile,
  tiling?: Tiling,
): (i: number) => number {
  const { rows, columns } = matrices;
  const moveTo = (averages: Values, sums: readonly number[], count: number): void => {
    for (const [i, sum] of sums.entries()) {
      const mean = meanOf(sum, count, round, profile);
      averages[i] = lerp(averages[i] as number, mean, s.oneMinusBeta2, s.beta2, round);
    }
  };
  moveTo(rowVar, rowSums(matrices, squareAt, round), columns);
  moveTo(colVar, columnSums(matrices, squareAt, round, tiling?.blockRows), rows);
  const means = meansOfRows(matrices, rowVar, round).map((mean) => Math.max(mean, s.eps1));
  return (i) => {
    const row = Math.floor(i / columns);
    const matrix = Math.floor(row / rows);
    const [r, c] = [rowVar[row] as number, colVar[matrix * columns + (i % columns)] as number];
    const mean = means[matrix] as number;
    return profile === "torch" ? round(round(r * c) / mean) : round(round(r / mean) * c);
  };
}

/** PyTorch takes the root of the sum and squares it again. */
function meanOf(sum: number, count: number, round: Round, profile: Profile): number {
  const norm = round(Math.sqrt(sum));
  return round((profile === "torch" ? round(norm * norm) : sum) / round(count));
}

/** Takes the moving average of g² itself. */
function unfactored(
  { variance = new Float64Array() }: AdafactorTensor,
  squareAt: (i: number) => number,
  s: Scalars,
  round: Round,
): (i: number) => number {
  for (let i = 0; i < variance.length; i++) {
    variance[i] = lerp(variance[i] as number, squareAt(i), s.oneMinusBeta2, s.beta2, round);
  }
  return (i) => variance[i] as number;
}
