import { cosineLr, type Row } from "./row.ts";

/**
 * RMS(U) and RMS(p) are sums over the tensor, which PyTorch adds up in another order and has in float64 from there on: all
 * steps of a tensor are longer or shorter by some 1e-7 of themselves, to one side for as long as the order of summation errs
 * to that side. The worst of the rows of 96 elements is 5.0 ulp after 50 steps, and their states have PyTorch's bits.
 */
const roundedUlps = 8;

const vector = [96];
const matrix = [8, 12];
const batch = [2, 6, 8];

export const adafactorRows: readonly Row[] = [
  { rule: "adafactor", desc: "defaults", hyper: {}, shape: matrix, roundedUlps },
  { rule: "adafactor", desc: "vector", hyper: { lr: 0.1 }, shape: vector, roundedUlps },
  { rule: "adafactor", desc: "batch of matrices", hyper: { lr: 0.1 }, shape: batch, roundedUlps },
  { rule: "adafactor", desc: "decay", hyper: { lr: 0.1, weightDecay: 0.1 }, shape: matrix, roundedUlps },
  { rule: "adafactor", desc: "vector, decay", hyper: { lr: 0.1, weightDecay: 0.1 }, shape: vector, roundedUlps },
  { rule: "adafactor", desc: "large eps", hyper: { lr: 0.1, eps1: 0.05, eps2: 1 }, shape: batch, roundedUlps },
  { rule: "adafactor", desc: "vector, large eps", hyper: { lr: 0.1, eps1: 0.1, eps2: 1 }, shape: vector, roundedUlps },
  {
    rule: "adafactor",
    desc: "short memory, clip at 2",
    hyper: { lr: 0.1, beta2Decay: -0.3, d: 2 },
    shape: matrix,
    roundedUlps,
  },
  {
    rule: "adafactor",
    desc: "maximize, decay",
    hyper: { lr: 0.1, weightDecay: 0.1, maximize: true },
    shape: matrix,
    roundedUlps,
  },
  {
    rule: "adafactor",
    desc: "cosine lr, decay",
    hyper: { weightDecay: 0.1 },
    vary: cosineLr(0.5),
    shape: batch,
    roundedUlps,
  },
  // 2,145 elements, of which PyTorch adds up more one after the other: it is 9.2 ulp from the truth, and 9.0 from ours.
  { rule: "adafactor", desc: "several blocks", hyper: { lr: 0.1 }, shape: [33, 65], roundedUlps, fusedUlps: 16 },
];
