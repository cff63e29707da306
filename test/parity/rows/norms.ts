/** The parity table's rows of the rules that take the norm of a tensor. */
import { type BeyondTorchRule, cosineLr, type Row } from "./row.ts";

type NormsRow = Row & { rule: BeyondTorchRule };

export const normsRows: readonly NormsRow[] = [
  { rule: "lamb", desc: "defaults", hyper: {} },
  // At this rate each step has a tenth of the tensor's length, whose error comes back through the norm: 14.0 ulp at most.
  { rule: "lamb", desc: "large lr", hyper: { lr: 0.1 }, fusedUlps: 16 },
  { rule: "lamb", desc: "no decay", hyper: { lr: 1e-2, weightDecay: 0 } },
  { rule: "lamb", desc: "no decay, always adapt", hyper: { lr: 1e-2, weightDecay: 0, alwaysAdapt: true } },
  { rule: "lamb", desc: "strong decay", hyper: { lr: 1e-2, weightDecay: 0.5 } },
  { rule: "lamb", desc: "large eps", hyper: { lr: 1e-2, eps: 1e-2, weightDecay: 0.1 } },
  { rule: "lamb", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, weightDecay: 0.1 } },
  { rule: "lamb", desc: "maximize, decay", hyper: { lr: 1e-2, weightDecay: 0.1, maximize: true } },
  { rule: "lamb", desc: "cosine lr, decay", hyper: { weightDecay: 0.1 }, vary: cosineLr(1e-2) },

  { rule: "lars", desc: "defaults", hyper: {} },
  { rule: "lars", desc: "weight decay", hyper: { weightDecay: 0.1 } },
  { rule: "lars", desc: "always adapt", hyper: { trustCoefficient: 0.02, alwaysAdapt: true } },
  { rule: "lars", desc: "large eps", hyper: { weightDecay: 0.1, trustCoefficient: 0.01, eps: 1 } },
  { rule: "lars", desc: "momentum", hyper: { lr: 0.1, momentum: 0.9 } },
  {
    rule: "lars",
    desc: "momentum, dampening, weight decay",
    hyper: { momentum: 0.9, dampening: 0.5, weightDecay: 0.1, trustCoefficient: 0.01 },
  },
  // ε is below every sum that it enters: as in pytorch_optimizer, which has none.
  { rule: "lars", desc: "momentum, weight decay", hyper: { momentum: 0.9, weightDecay: 0.1, eps: 1e-30 } },
  {
    rule: "lars",
    desc: "nesterov, weight decay",
    hyper: { momentum: 0.9, nesterov: true, weightDecay: 0.1, trustCoefficient: 0.01, eps: 1e-30 },
  },
  {
    rule: "lars",
    desc: "maximize, weight decay",
    hyper: { momentum: 0.9, weightDecay: 0.1, maximize: true, eps: 1e-30 },
  },
  { rule: "lars", desc: "cosine lr, weight decay", hyper: { momentum: 0.9, weightDecay: 0.1 }, vary: cosineLr(1) },

  { rule: "stableAdamw", desc: "defaults", hyper: {} },
  { rule: "stableAdamw", desc: "no decay", hyper: { lr: 1e-2, weightDecay: 0 } },
  { rule: "stableAdamw", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "stableAdamw", desc: "strong decay", hyper: { lr: 1e-2, weightDecay: 0.5 } },
  { rule: "stableAdamw", desc: "tiny decay", hyper: { lr: 1e-4, weightDecay: 1e-2 } },
  { rule: "stableAdamw", desc: "large eps", hyper: { lr: 1e-2, eps: 1e-2, weightDecay: 0.1 } },
  { rule: "stableAdamw", desc: "long memory", hyper: { lr: 1e-2, beta2: 0.999, weightDecay: 0.1 } },
  { rule: "stableAdamw", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, weightDecay: 0.1 } },
  // A v of one gradient alone does not see the next ones coming: RMS is up to 2.4 there, and hardly above 1 in the others.
  {
    rule: "stableAdamw",
    desc: "clipped hard",
    hyper: { lr: 1e-2, weightDecay: 0.5 },
    vary: (t) => ({ beta2: t % 10 === 5 ? 0 : 0.99 }),
  },
  { rule: "stableAdamw", desc: "maximize, decay", hyper: { lr: 1e-2, weightDecay: 0.1, maximize: true } },
  { rule: "stableAdamw", desc: "cosine lr, decay", hyper: { weightDecay: 0.1 }, vary: cosineLr(1e-2) },
];
