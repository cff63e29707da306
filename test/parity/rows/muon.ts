import { cosineLr, type Row } from "./row.ts";

/**
 * PyTorch leaves the sums of its products to a library, in whose order the reference does not add them up, and each
 * Newton-Schulz step makes what differs in a small singular value up to 3.4 times larger. The worst of these rows is 9.0 ulp
 * after 50 steps, fused or not; the velocities have PyTorch's bits.
 */
const roundedUlps = 16;

const wide = [8, 12] as const;
const tall = [12, 8] as const;
const row = (desc: string, hyper: Row["hyper"], more: Partial<Row> = {}): Row => ({
  rule: "muon",
  desc,
  hyper,
  shape: wide,
  roundedUlps,
  fusedUlps: roundedUlps,
  ...more,
});

export const muonRows: readonly Row[] = [
  row("defaults", {}),
  row("more rows than columns", { lr: 0.02 }, { shape: tall }),
  row("no Nesterov, no decay", { lr: 0.02, nesterov: false, weightDecay: 0 }),
  row("strong decay", { lr: 0.02, momentum: 0.9, weightDecay: 0.5 }),
  row("steps of AdamW's size", { lr: 0.02, adjust: "matchRmsAdamw" }, { shape: tall }),
  row("three steps that converge", { lr: 0.02, nsSteps: 3, nsCoefficients: [1.875, -1.25, 0.375] }),
  row("a norm below eps", { lr: 0.02, eps: 100, nsSteps: 2 }, { shape: [32, 3] }),
  row("short memory, maximize", { lr: 0.02, momentum: 0.3, weightDecay: 0.1, maximize: true }),
  row("cosine lr, decay", { weightDecay: 0.1 }, { vary: cosineLr(0.02) }),
];
