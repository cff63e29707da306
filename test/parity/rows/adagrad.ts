import { cosineLr, type Row } from "./row.ts";

// With decay eps is large, as in RMSprop's rows and for the same reason. PyTorch's fused kernels have each square rounded
// otherwise, and the sum keeps it: at lr 0.1 and lrDecay 0.02 with this decay it is 9 ulp off after 50 steps.
export const adagradRows: readonly Row[] = [
  { rule: "adagrad", desc: "defaults", hyper: {} },
  { rule: "adagrad", desc: "large lr, lr decay", hyper: { lr: 0.5, lrDecay: 0.1 } },
  { rule: "adagrad", desc: "weight decay, lr decay", hyper: { lr: 0.2, weightDecay: 0.1, lrDecay: 0.1, eps: 1e-2 } },
  { rule: "adagrad", desc: "maximize, weight decay", hyper: { maximize: true, weightDecay: 0.1, eps: 1e-2 } },
  { rule: "adagrad", desc: "cosine lr, weight decay", hyper: { weightDecay: 0.1, eps: 1e-2 }, vary: cosineLr(0.1) },
];
