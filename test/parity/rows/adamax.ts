import { type Row, warmup } from "./row.ts";

export const adamaxRows: readonly Row[] = [
  { rule: "adamax", desc: "defaults", hyper: {} },
  { rule: "adamax", desc: "short memory, large eps", hyper: { lr: 1e-2, beta1: 0.3, beta2: 0.6, eps: 1e-2 } },
  { rule: "adamax", desc: "weight decay", hyper: { lr: 1e-2, weightDecay: 0.1 } },
  { rule: "adamax", desc: "maximize, weight decay", hyper: { lr: 1e-2, maximize: true, weightDecay: 0.1 } },
  { rule: "adamax", desc: "warm-up, weight decay", hyper: { weightDecay: 0.1 }, vary: warmup(1e-2) },
];
