/** What a row of the parity table is. */
import type { Profile } from "../../../src/reference/index.ts";

/** The rules that PyTorch does not have. */
export type BeyondTorchRule =
  | "lion"
  | "adan"
  | "lamb"
  | "lars"
  | "stableAdamw"
  | "scheduleFreeAdamw"
  | "scheduleFreeSgd";

export type RuleName =
  | "sgd"
  | "sgdw"
  | "adam"
  | "adamw"
  | "rmsprop"
  | "adagrad"
  | "adadelta"
  | "adamax"
  | "nadam"
  | "radam"
  | "muon"
  | "adafactor"
  | BeyondTorchRule;

/** Hyperparameters as the rules take them; what is left out has the rule's default (PyTorch's). */
export interface RowHyper {
  lr?: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  beta1?: number;
  beta2?: number;
  eps?: number;
  weightDecay?: number;
  maximize?: boolean;
  amsgrad?: boolean;
  alpha?: number;
  rho?: number;
  centered?: boolean;
  beta3?: number;
  lrDecay?: number;
  momentumDecay?: number;
  decoupled?: boolean;
  nsSteps?: number;
  nsCoefficients?: readonly number[];
  adjust?: string;
  beta2Decay?: number;
  eps1?: number;
  eps2?: number;
  d?: number;
  trustCoefficient?: number;
  alwaysAdapt?: boolean;
  warmup?: number;
  r?: number;
  weightLrPower?: number;
  towardsStart?: boolean;
  cautious?: boolean;
}

export interface Row {
  rule: RuleName;
  /** What is special about this row; with the rule's name it identifies the row. */
  desc: string;
  hyper: RowHyper;
  /** Values that replace those of `hyper` at step t (the first step is t = 1). */
  vary?: (t: number) => RowHyper;
  /** The sides of the tensor that the oracle has; one of 96 elements where it is left out. */
  shape?: readonly number[];
  /** How far what is installed may be from its order without fused operations, in ulps, where 8 does not do; with the reason. */
  fusedUlps?: number;
  /** How far PyTorch may be that rounds each operation on its own, in ulps, where it sums in another order; else 0. */
  roundedUlps?: number;
}

export type BeyondTorchRow = Row & { rule: BeyondTorchRule };

/** The profiles that a row runs in: PyTorch has no cautious decay, so there is none in its order either. */
export const profilesOf = ({ hyper }: Row): readonly Profile[] =>
  hyper.cautious ? ["accurate"] : ["accurate", "torch"];

/** So many elements as a vector or, for a row of matrices, as a matrix of as few columns as it takes. */
export function sidesFor({ shape = [] }: { shape?: Row["shape"] | undefined }, count: number): readonly number[] {
  if (shape.length < 2) return [count];
  let columns = count > 3 ? 2 : 1;
  while (count % columns) columns += 1;
  return [count / columns, columns];
}

export const cosineLr = (peak: number) => (t: number) => ({
  lr: peak * 0.5 * (1 + Math.cos((Math.PI * (t - 1)) / 60)),
});
export const warmup = (peak: number) => (t: number) => ({ lr: (peak * Math.min(t, 10)) / 10 });
