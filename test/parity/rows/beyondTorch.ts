/** The parity table's rows of the rules that PyTorch does not have: test/fixtures/beyondTorch.json holds their oracle. */
import { normsRows } from "./norms.ts";
import { type BeyondTorchRow, cosineLr } from "./row.ts";
import { scheduleFreeRows } from "./scheduleFree.ts";

export const rowsBeyondTorch: readonly BeyondTorchRow[] = [
  { rule: "lion", desc: "defaults", hyper: {} },
  { rule: "lion", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "lion", desc: "decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "lion", desc: "strong decay", hyper: { lr: 1e-2, weightDecay: 3 } },
  { rule: "lion", desc: "tiny decay", hyper: { lr: 1e-4, weightDecay: 1e-2 } },
  { rule: "lion", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, weightDecay: 0.1 } },
  { rule: "lion", desc: "sign of the gradient", hyper: { lr: 1e-2, beta1: 0, beta2: 0 } },
  { rule: "lion", desc: "maximize, decay", hyper: { lr: 1e-2, weightDecay: 0.1, maximize: true } },
  { rule: "lion", desc: "cosine lr, decay", hyper: { weightDecay: 0.3 }, vary: cosineLr(1e-2) },

  { rule: "adan", desc: "defaults", hyper: {} },
  { rule: "adan", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "adan", desc: "decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "adan", desc: "tiny decay", hyper: { lr: 1e-4, weightDecay: 1e-2 } },
  { rule: "adan", desc: "large eps", hyper: { lr: 1e-2, eps: 1e-2, weightDecay: 0.1 } },
  { rule: "adan", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, beta3: 0.45 } },
  { rule: "adan", desc: "no differences", hyper: { lr: 1e-2, beta2: 0 } },
  { rule: "adan", desc: "maximize, decay", hyper: { lr: 1e-2, weightDecay: 0.1, maximize: true } },
  { rule: "adan", desc: "cosine lr, decay", hyper: { weightDecay: 0.1 }, vary: cosineLr(1e-2) },

  ...normsRows,
  ...scheduleFreeRows,
];
