import { type BeyondTorchRow, cosineLr } from "./row.ts";

/** A rate that is raised and lowered again: the average weighs what comes after by the largest one so far. */
const raised = (base: number) => (t: number) => ({ lr: t > 10 && t <= 30 ? 4 * base : base });

export const scheduleFreeRows: readonly BeyondTorchRow[] = [
  { rule: "scheduleFreeAdamw", desc: "defaults", hyper: {} },
  { rule: "scheduleFreeAdamw", desc: "large lr", hyper: { lr: 0.1 } },
  { rule: "scheduleFreeAdamw", desc: "decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "scheduleFreeAdamw", desc: "tiny decay", hyper: { lr: 1e-4, weightDecay: 1e-2 } },
  { rule: "scheduleFreeAdamw", desc: "warm-up, decay", hyper: { lr: 1e-2, weightDecay: 0.1, warmup: 20 } },
  { rule: "scheduleFreeAdamw", desc: "weights that grow, decay", hyper: { lr: 1e-2, weightDecay: 0.1, r: 1.5 } },
  { rule: "scheduleFreeAdamw", desc: "equal weights", hyper: { weightLrPower: 0 }, vary: raised(1e-2) },
  { rule: "scheduleFreeAdamw", desc: "short memory", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, weightDecay: 0.1 } },
  { rule: "scheduleFreeAdamw", desc: "long memory", hyper: { lr: 1e-2, beta1: 0.98, beta2: 0.95 } },
  { rule: "scheduleFreeAdamw", desc: "large eps", hyper: { lr: 1e-2, eps: 1e-2, weightDecay: 0.1 } },
  { rule: "scheduleFreeAdamw", desc: "maximize, decay", hyper: { lr: 1e-2, weightDecay: 0.1, maximize: true } },
  { rule: "scheduleFreeAdamw", desc: "raised lr, decay", hyper: { weightDecay: 0.1 }, vary: raised(1e-2) },
  { rule: "scheduleFreeAdamw", desc: "cosine lr, decay", hyper: { weightDecay: 0.1, warmup: 5 }, vary: cosineLr(1e-2) },

  { rule: "scheduleFreeSgd", desc: "defaults", hyper: {} },
  { rule: "scheduleFreeSgd", desc: "decay", hyper: { lr: 0.1, weightDecay: 0.1 } },
  { rule: "scheduleFreeSgd", desc: "tiny decay", hyper: { lr: 1e-2, weightDecay: 1e-4 } },
  { rule: "scheduleFreeSgd", desc: "warm-up, decay", hyper: { lr: 0.1, weightDecay: 0.1, warmup: 20 } },
  { rule: "scheduleFreeSgd", desc: "weights that grow", hyper: { lr: 0.1, r: 2, weightLrPower: 1 } },
  { rule: "scheduleFreeSgd", desc: "little momentum, decay", hyper: { lr: 0.1, momentum: 0.3, weightDecay: 0.1 } },
  { rule: "scheduleFreeSgd", desc: "maximize, decay", hyper: { lr: 0.1, weightDecay: 0.1, maximize: true } },
  { rule: "scheduleFreeSgd", desc: "raised lr, decay", hyper: { weightDecay: 0.1 }, vary: raised(0.1) },
  { rule: "scheduleFreeSgd", desc: "cosine lr, decay", hyper: { weightDecay: 0.1, warmup: 5 }, vary: cosineLr(0.1) },
];
