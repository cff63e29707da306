/** What a run of the benchmark has found, as it is written to reports/bench.json. */

/** The parts of a run, in the order in which they are taken. Rows of `peers` come from bench/peers/ and bench/torch/. */
export const suites = ["limits", "optimizers", "scaling", "training"] as const;
export type Suite = (typeof suites)[number] | "peers";

/** One contender at one workload. What does not apply is left out. Milliseconds, bytes and counts are of a step. */
export interface BenchRow {
  readonly suite: Suite;
  /** What is done, such as `1 tensor, 1M`: rows of the same suite and workload can be compared. */
  readonly workload: string;
  /** Who does it, such as `adamw`. */
  readonly contender: string;
  /** Of ours, the contender that this one is to be put beside; of what is ours, itself or nothing. */
  readonly against?: string;
  /** Of the rounds, each a mean over its steps. */
  readonly msMedian: number;
  readonly msMin: number;
  readonly msMax: number;
  readonly dispatches?: number;
  readonly submits?: number;
  readonly writes?: number;
  /** Everything that the device is asked to create, but encoders. */
  readonly objects?: number;
  /** Host time until a step is queued, in µs. */
  readonly encodeUs?: number;
  /** Read and written. */
  readonly bytesMoved?: number;
  /** 10⁹ bytes a second, at the median. */
  readonly GBs?: number;
  /** 10⁹ floating-point operations a second, at the median. */
  readonly GFLOPs?: number;
  /**
   * Of an update: its GB/s over those of the stream with the same traffic at the same size (at most what
   * the device binds at once), timed in turn with it, the median of the rounds. Of a product or a training step: its GFLOP/s over those of the FMA probe. Of a stream: its GB/s over the copy's.
   */
  readonly fractionOfLimit?: number;
  /** GPU memory held at one time, in bytes. */
  readonly peakBytes?: number;
  readonly samplesPerSecond?: number;
  readonly tokensPerSecond?: number;
  /** From `compile()` to the first loss that is read, in ms. */
  readonly firstStepMs?: number;
  readonly parameters?: number;
  readonly tensors?: number;
  readonly paramGroups?: number;
}

/** How the time of a step grows with something: ms = fixedMs + msPerUnit · units. */
export interface BenchFit {
  readonly contender: string;
  /** What is varied; all else is held. */
  readonly varies: "elements" | "tensors" | "paramGroups" | "copies";
  readonly points: readonly { readonly units: number; readonly ms: number; readonly encodeUs: number }[];
  readonly fixedMs: number;
  readonly msPerUnit: number;
  /** The largest deviation of a point from the line, as a share of the point. */
  readonly worstDeviation: number;
  /** The largest time over the smallest. */
  readonly spread: number;
}

/** What was not measured, and why. */
export interface LeftOut {
  readonly suite: Suite;
  readonly what: string;
  readonly why: string;
}

export interface BenchReport {
  /** One line for a person. */
  readonly adapter: string;
  /** What the browser tells of the driver. */
  readonly driver: string;
  /** Computes on the CPU: counts and ratios hold, absolute times say nothing of GPUs. */
  readonly isSoftware: boolean;
  /** Whose WebGPU it is. */
  readonly implementation: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, number>>;
  /** All that the command measures without options: what bench/RESULTS.md takes. */
  readonly isWhole: boolean;
  /** ISO 8601. */
  readonly date: string;
  readonly rows: readonly BenchRow[];
  readonly fits: readonly BenchFit[];
  readonly leftOut: readonly LeftOut[];
}
