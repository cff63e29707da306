import { cosineLr, type Row } from "./row.ts";

export const nadamRows: readonly Row[] = [
  { rule: "nadam", desc: "defaults", hyper: {} },
  { rule: "nadam", desc: "short memory, large eps", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, eps: 1e-2 } },
  { rule: "nadam", desc: "fast momentum decay", hyper: { lr: 1e-2, momentumDecay: 0.5 } },
  { rule: "nadam", desc: "weight decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "nadam", desc: "decoupled decay", hyper: { lr: 1e-2, weightDecay: 0.3, decoupled: true } },
  { rule: "nadam", desc: "maximize, weight decay", hyper: { lr: 1e-2, maximize: true, weightDecay: 0.1 } },
  {
    rule: "nadam",
    desc: "cosine lr, decoupled decay",
    hyper: { weightDecay: 0.1, decoupled: true },
    vary: cosineLr(1e-2),
  },
];
