import { type Row, warmup } from "./row.ts";

export const radamRows: readonly Row[] = [
  { rule: "radam", desc: "defaults", hyper: {} },
  { rule: "radam", desc: "never rectified", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6 } },
  { rule: "radam", desc: "large eps", hyper: { lr: 1e-2, beta2: 0.99, eps: 1e-2 } },
  { rule: "radam", desc: "weight decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "radam", desc: "decoupled decay", hyper: { lr: 1e-2, weightDecay: 0.3, decoupled: true } },
  { rule: "radam", desc: "maximize, weight decay", hyper: { lr: 1e-2, maximize: true, weightDecay: 0.1 } },
  { rule: "radam", desc: "warm-up, decoupled decay", hyper: { weightDecay: 0.1, decoupled: true }, vary: warmup(1e-2) },
];
