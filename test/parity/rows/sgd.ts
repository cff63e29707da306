import { cosineLr, type Row } from "./row.ts";

export const sgdRows: readonly Row[] = [
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
];
