import type { BenchReport, BenchRow } from "../../bench/row.ts";

const took = (ms: number) => ({ msMedian: ms, msMin: ms * 0.9, msMax: ms * 1.2 });
const counts = { dispatches: 1, submits: 1, writes: 1, objects: 0, encodeUs: 31 };

const update = (contender: string, parameters: number, ms: number): BenchRow => ({
  suite: "optimizers",
  workload: `1 tensor, ${parameters}`,
  contender,
  ...took(ms),
  ...counts,
  bytesMoved: 28 * parameters,
  GBs: (28 * parameters) / ms / 1e6,
  fractionOfLimit: 0.8125,
  peakBytes: 16 * parameters,
  parameters,
  tensors: 1,
});

/** A report with a row of each kind, whose numbers were made up. */
export const fixedReport: BenchReport = {
  adapter: "acme card (software adapter)",
  driver: "acme 1.2 <beta>",
  isSoftware: true,
  implementation: "Chrome 156.0.0.0 (Dawn)",
  versions: { shrinkstep: "0.1.0", chrome: "156.0.0.0" },
  limits: { maxBufferSize: 1024 },
  isWhole: true,
  date: "2026-11-23T00:00:00.000Z",
  rows: [
    { suite: "limits", workload: "FMA probe", contender: "fma(), 8 chains", ...took(2), GFLOPs: 20 },
    { suite: "limits", workload: "matmul 512³", contender: "matmul", ...took(20), GFLOPs: 10, fractionOfLimit: 0.5 },
    { suite: "limits", workload: "memory, 1M", contender: "device copy", ...took(1), GBs: 16, parameters: 2 ** 20 },
    update("adamw", 1_000, 0.5),
    update("adamw", 1_000_000, 20),
    update("adamw, torch profile", 1_000_000, 21),
    { suite: "optimizers", workload: "1 tensor, 1000000", contender: "PyTorch", against: "adamw", ...took(5) },
    {
      suite: "training",
      workload: "mlp: small",
      contender: "shrinkstep",
      ...took(90),
      ...counts,
      GFLOPs: 5,
      fractionOfLimit: 0.25,
      samplesPerSecond: 1422,
      firstStepMs: 2000,
      peakBytes: 2 ** 20,
      parameters: 1234,
    },
    { suite: "peers", workload: "adamw, 1M", contender: "adamw", against: "adamw", ...took(10), dispatches: 1 },
    { suite: "peers", workload: "adamw, 1M", contender: "other", against: "adamw", ...took(70), dispatches: 12 },
  ],
  fits: [
    {
      contender: "adamw",
      varies: "tensors",
      points: [
        { units: 1, ms: 20, encodeUs: 30 },
        { units: 1000, ms: 21, encodeUs: 40 },
      ],
      fixedMs: 20,
      msPerUnit: 0.001,
      worstDeviation: 0.01,
      spread: 1.05,
    },
  ],
  leftOut: [{ suite: "training", what: "a large model", why: "too large | for this" }],
};
