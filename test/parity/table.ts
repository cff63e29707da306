/**
 * The parity table: every update rule with every kind of option, one row each.
 *
 * One table drives the GPU-against-reference cases, the reference-against-PyTorch fixtures and the benchmark: a rule or
 * an option that is not a row here is not tested. `vary` gives the hyperparameters that change from step to step.
 */
export type RuleName = "sgd" | "sgdw" | "adam" | "adamw";

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
}

export interface Row {
  rule: RuleName;
  /** What is special about this row; with the rule's name it identifies the row. */
  desc: string;
  hyper: RowHyper;
  /** Values that replace those of `hyper` at step t (the first step is t = 1). */
  vary?: (t: number) => RowHyper;
}

const cosineLr = (peak: number) => (t: number) => ({ lr: peak * 0.5 * (1 + Math.cos((Math.PI * (t - 1)) / 60)) });
const warmup = (peak: number) => (t: number) => ({ lr: (peak * Math.min(t, 10)) / 10 });

export const table: readonly Row[] = [
  { rule: "sgd", desc: "defaults", hyper: {} },
  { rule: "sgd", desc: "large lr", hyper: { lr: 0.5 } },
  { rule: "sgd", desc: "weight decay", hyper: { lr: 0.1, weightDecay: 0.1 } },
  { rule: "sgd", desc: "tiny weight decay", hyper: { lr: 1e-3, weightDecay: 1e-4 } },
  { rule: "sgd", desc: "maximize, weight decay", hyper: { lr: 0.1, weightDecay: 0.1, maximize: true } },
  { rule: "sgd", desc: "cosine lr, weight decay", hyper: { weightDecay: 0.05 }, vary: cosineLr(0.1) },
  { rule: "sgd", desc: "momentum", hyper: { lr: 0.01, momentum: 0.9 } },
  { rule: "sgd", desc: "momentum, weight decay", hyper: { lr: 0.01, momentum: 0.9, weightDecay: 0.1 } },
  { rule: "sgd", desc: "momentum, dampening", hyper: { lr: 0.01, momentum: 0.9, dampening: 0.5 } },
  { rule: "sgd", desc: "momentum, full dampening", hyper: { lr: 0.01, momentum: 0.5, dampening: 1 } },
  { rule: "sgd", desc: "nesterov", hyper: { lr: 0.01, momentum: 0.9, nesterov: true } },
  { rule: "sgd", desc: "nesterov, weight decay", hyper: { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1 } },
  {
    rule: "sgd",
    desc: "nesterov, weight decay, maximize",
    hyper: { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1, maximize: true },
  },
  {
    rule: "sgd",
    desc: "momentum that changes",
    hyper: { lr: 0.01, momentum: 0.9, weightDecay: 0.01 },
    vary: (t) => ({ momentum: 0.5 + 0.4 * Math.min(1, t / 25) }),
  },

  { rule: "sgdw", desc: "no decay", hyper: { lr: 0.01 } },
  { rule: "sgdw", desc: "decay", hyper: { lr: 0.1, weightDecay: 0.1 } },
  { rule: "sgdw", desc: "tiny decay", hyper: { lr: 1e-3, weightDecay: 1e-3 } },
  { rule: "sgdw", desc: "momentum, decay", hyper: { lr: 0.01, momentum: 0.9, weightDecay: 0.1 } },
  {
    rule: "sgdw",
    desc: "momentum, dampening, decay",
    hyper: { lr: 0.01, momentum: 0.9, dampening: 0.3, weightDecay: 0.1 },
  },
  { rule: "sgdw", desc: "nesterov, decay", hyper: { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1 } },
  { rule: "sgdw", desc: "maximize, decay", hyper: { lr: 0.05, momentum: 0.9, weightDecay: 0.1, maximize: true } },
  { rule: "sgdw", desc: "cosine lr, decay", hyper: { momentum: 0.9, weightDecay: 0.05 }, vary: cosineLr(0.02) },

  { rule: "adam", desc: "defaults", hyper: {} },
  { rule: "adam", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "adam", desc: "weight decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "adam", desc: "weight decay, large eps", hyper: { lr: 1e-2, weightDecay: 0.1, eps: 1e-3 } },
  { rule: "adam", desc: "amsgrad", hyper: { lr: 1e-2, amsgrad: true } },
  { rule: "adam", desc: "amsgrad, weight decay", hyper: { lr: 1e-2, amsgrad: true, weightDecay: 0.1 } },
  { rule: "adam", desc: "maximize, weight decay", hyper: { lr: 1e-2, maximize: true, weightDecay: 0.1 } },
  { rule: "adam", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6 } },
  { rule: "adam", desc: "no momentum", hyper: { lr: 1e-2, beta1: 0, beta2: 0.99 } },
  { rule: "adam", desc: "warm-up, weight decay", hyper: { weightDecay: 0.01 }, vary: warmup(1e-2) },

  { rule: "adamw", desc: "defaults", hyper: {} },
  { rule: "adamw", desc: "no decay", hyper: { weightDecay: 0 } },
  { rule: "adamw", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "adamw", desc: "strong decay", hyper: { lr: 1e-2, weightDecay: 0.5 } },
  { rule: "adamw", desc: "tiny decay", hyper: { lr: 1e-4, weightDecay: 1e-2 } },
  { rule: "adamw", desc: "amsgrad", hyper: { lr: 1e-2, amsgrad: true } },
  { rule: "adamw", desc: "amsgrad, maximize", hyper: { lr: 1e-2, amsgrad: true, maximize: true } },
  { rule: "adamw", desc: "maximize", hyper: { lr: 1e-2, maximize: true, weightDecay: 0.1 } },
  { rule: "adamw", desc: "language model", hyper: { lr: 3e-4, beta1: 0.9, beta2: 0.95, weightDecay: 0.1 } },
  { rule: "adamw", desc: "large eps", hyper: { lr: 1e-2, eps: 1e-2 } },
  { rule: "adamw", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6 } },
  { rule: "adamw", desc: "cosine lr", hyper: { weightDecay: 0.1 }, vary: cosineLr(1e-2) },
  {
    rule: "adamw",
    desc: "everything changes",
    hyper: {},
    vary: (t) => ({
      lr: 1e-2 / t,
      weightDecay: 0.01 * t,
      beta1: 0.9 - 0.01 * (t % 5),
      beta2: 0.999 - 0.001 * (t % 7),
    }),
  },
];

/** The hyperparameters of a row at step t, the rule's defaults left out. */
export function hyperAt(row: Row, t: number): RowHyper {
  return { ...row.hyper, ...row.vary?.(t) };
}
