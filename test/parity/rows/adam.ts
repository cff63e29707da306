import { cosineLr, type Row, warmup } from "./row.ts";

export const adamRows: readonly Row[] = [
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
