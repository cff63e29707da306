import { cosineLr, type Row } from "./row.ts";

/**
 * A step is proportional to the root of vDelta, and vDelta averages the squares of the steps: an error of it comes back with
 * each step, where v forgets its own. The worst of these rows is 13.0 ulp after 50 steps; the parameters are within 4.0.
 */
const fusedUlps = 16;

export const adadeltaRows: readonly Row[] = [
  { rule: "adadelta", desc: "defaults", hyper: {}, fusedUlps },
  { rule: "adadelta", desc: "short memory, large eps", hyper: { rho: 0.4, eps: 1e-3 }, fusedUlps },
  { rule: "adadelta", desc: "weight decay", hyper: { weightDecay: 0.1 }, fusedUlps },
  { rule: "adadelta", desc: "maximize, weight decay", hyper: { lr: 0.5, maximize: true, weightDecay: 0.1 }, fusedUlps },
  { rule: "adadelta", desc: "cosine lr, weight decay", hyper: { weightDecay: 0.1 }, vary: cosineLr(1), fusedUlps },
];
