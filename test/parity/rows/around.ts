/**
 * The parity table's rows of what every rule can be asked for beside its own: a decay towards the initial weights, and one
 * that is cautious. Nobody else has these, so nothing is recorded for them: what they mean is in test/unit/around.test.ts.
 * And averages of the weights, which are an optimizer's option and not a rule's.
 */
import { cosineLr, type Row, warmup } from "./row.ts";

export const rowsAround: readonly Row[] = [
  {
    rule: "sgd",
    desc: "nesterov, towards the start",
    hyper: { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.5, towardsStart: true },
  },
  {
    rule: "adam",
    desc: "amsgrad, towards the start",
    hyper: { lr: 1e-2, amsgrad: true, weightDecay: 0.3, towardsStart: true },
  },
  {
    rule: "sgdw",
    desc: "momentum, towards the start",
    hyper: { lr: 0.05, momentum: 0.9, weightDecay: 0.5, towardsStart: true },
  },
  {
    rule: "adamw",
    desc: "towards the start",
    hyper: { lr: 1e-2, weightDecay: 0.5, towardsStart: true },
  },
  {
    rule: "adamw",
    desc: "towards the start, maximize, warm-up",
    hyper: { weightDecay: 0.5, towardsStart: true, maximize: true },
    vary: warmup(1e-2),
  },
  {
    rule: "lion",
    desc: "towards the start, cosine lr",
    hyper: { weightDecay: 0.5, towardsStart: true },
    vary: cosineLr(1e-2),
  },
  // Nine storage buffers, where WebGPU promises eight: every adapter of a desktop has ten at least.
  { rule: "adan", desc: "towards the start", hyper: { lr: 1e-2, weightDecay: 0.5, towardsStart: true } },
  {
    rule: "nadam",
    desc: "decoupled, towards the start",
    hyper: { lr: 1e-2, weightDecay: 0.5, decoupled: true, towardsStart: true },
  },
  { rule: "radam", desc: "towards the start", hyper: { lr: 1e-2, weightDecay: 0.3, towardsStart: true } },

  { rule: "sgdw", desc: "cautious", hyper: { lr: 0.05, momentum: 0.9, weightDecay: 0.3, cautious: true } },
  { rule: "adamw", desc: "cautious", hyper: { lr: 1e-2, weightDecay: 0.3, cautious: true } },
  {
    rule: "adamw",
    desc: "cautious, amsgrad, maximize",
    hyper: { lr: 1e-2, amsgrad: true, weightDecay: 0.3, maximize: true, cautious: true },
  },
  { rule: "lion", desc: "cautious, cosine lr", hyper: { weightDecay: 0.3, cautious: true }, vary: cosineLr(1e-2) },
  { rule: "adan", desc: "cautious", hyper: { lr: 1e-2, weightDecay: 0.3, cautious: true } },
  {
    rule: "nadam",
    desc: "decoupled, cautious",
    hyper: { lr: 1e-2, weightDecay: 0.3, decoupled: true, cautious: true },
  },
];

export interface Averaged extends Pick<Row, "rule" | "desc"> {
  readonly averageDecay: number | ((t: number) => number);
}

/** Rows of the table, and an average beside each: of few steps, of many, of ever more; both branches of the lerp. */
export const averages: readonly Averaged[] = [
  { rule: "sgd", desc: "nesterov, weight decay", averageDecay: 0.9 },
  { rule: "adam", desc: "amsgrad, weight decay", averageDecay: 0.99 },
  { rule: "sgdw", desc: "momentum, decay", averageDecay: 0.3 },
  { rule: "adamw", desc: "amsgrad", averageDecay: 0.999 },
  { rule: "adamw", desc: "towards the start", averageDecay: 0.95 },
  { rule: "lion", desc: "cosine lr, decay", averageDecay: (t) => Math.min(0.99, (1 + t) / (10 + t)) },
  { rule: "adan", desc: "cosine lr, decay", averageDecay: 0.9 },
  { rule: "nadam", desc: "decoupled decay", averageDecay: 0 },
];
