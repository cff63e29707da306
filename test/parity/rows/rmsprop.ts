import { cosineLr, type Row } from "./row.ts";

// With decay and without momentum eps is large: where the gradient stays zero, g = λp and λp / √v would take some weights
// to subnormal numbers in these steps, which WGSL may flush.
export const rmspropRows: readonly Row[] = [
  { rule: "rmsprop", desc: "defaults", hyper: {} },
  { rule: "rmsprop", desc: "weight decay, large eps", hyper: { weightDecay: 0.1, eps: 1e-2 } },
  { rule: "rmsprop", desc: "short memory", hyper: { alpha: 0.4 } },
  { rule: "rmsprop", desc: "momentum, weight decay", hyper: { lr: 1e-3, momentum: 0.9, weightDecay: 0.1 } },
  { rule: "rmsprop", desc: "centered", hyper: { centered: true } },
  {
    rule: "rmsprop",
    desc: "centered, momentum, weight decay",
    hyper: { lr: 1e-3, centered: true, momentum: 0.9, weightDecay: 0.1 },
  },
  { rule: "rmsprop", desc: "maximize, weight decay", hyper: { maximize: true, weightDecay: 0.1, eps: 1e-2 } },
  { rule: "rmsprop", desc: "cosine lr, weight decay", hyper: { weightDecay: 0.1, eps: 1e-2 }, vary: cosineLr(1e-2) },
];
