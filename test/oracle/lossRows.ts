import { losses } from "../../src/engine/index.ts";
import type { LeafRow, OpRow } from "../graph/opRow.ts";

const logits: LeafRow = { shape: [5, 4], range: [-3, 3] };
const shares: LeafRow = { shape: [5, 4], range: [0.05, 0.95] };
const labels: LeafRow = { shape: [5], below: 4 };
const padded: LeafRow = { shape: [5], below: 4, values: [1, 4, 0, 0xffffffff, 3] };

/** Every loss of src/engine/losses.ts; a is what is predicted, b the target. */
export const lossRows: readonly OpRow[] = [
  { name: "crossEntropy", leaves: { a: logits, labels }, build: ({ a, labels }) => losses.crossEntropy(a, labels) },
  {
    name: "crossEntropy, smoothed",
    leaves: { a: { shape: [2, 3, 4], range: [-3, 3] }, labels: { shape: [2, 3], below: 4 } },
    build: ({ a, labels }) => losses.crossEntropy(a, labels, { labelSmoothing: 0.1 }),
  },
  {
    name: "crossEntropy, padded",
    leaves: { a: logits, labels: padded },
    build: ({ a, labels }) => losses.crossEntropy(a, labels, { isPadded: true }),
  },
  {
    name: "crossEntropy, padded and smoothed",
    leaves: { a: logits, labels: padded },
    build: ({ a, labels }) => losses.crossEntropy(a, labels, { isPadded: true, labelSmoothing: 0.2 }),
  },
  { name: "mse", leaves: { a: logits, b: shares }, build: ({ a, b }) => losses.mse(a, b) },
  { name: "bce", leaves: { a: logits, b: shares }, build: ({ a, b }) => losses.bce(a, b) },
  {
    name: "bce of extremes",
    leaves: { a: { shape: [6], values: [1e4, -1e4, 0, 1e30, -1e30, 40] }, b: { shape: [6], values: [0, 1, 0.5] } },
    build: ({ a, b }) => losses.bce(a, b),
    withoutGradient: true,
  },
  { name: "kl", leaves: { a: { shape: [5, 4], range: [-3, -0.1] }, b: shares }, build: ({ a, b }) => losses.kl(a, b) },
  {
    name: "kl, with targets of 0",
    leaves: { a: { shape: [2, 3], range: [-3, -0.1] }, b: { shape: [2, 3], values: [0, 1, 0.5, 0, 0.25] } },
    build: ({ a, b }) => losses.kl(a, b),
    withoutGradient: true,
  },
  {
    name: "accuracy",
    leaves: { a: logits, labels },
    build: ({ a, labels }) => losses.accuracy(a, labels),
    withoutGradient: true,
  },
];
