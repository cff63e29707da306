/** What the comparison reports; the fields that it shares with the other suites have their names. */
import type { Timing } from "../measure.ts";
import type { Size, TrainingName, UpdateShape } from "./workloads.ts";

/** One page's work: a training, or a bare update. */
export type Workload =
  | { readonly suite: "training"; readonly name: TrainingName; readonly size: Size }
  | { readonly suite: "update"; readonly name: string; readonly shape: UpdateShape };

/** Of a step in steady state. What is on the CPU has no counts but its memory. */
export interface Counts {
  readonly dispatches?: number;
  readonly submits?: number;
  readonly writes?: number;
  readonly objects?: number;
  /** At most alive at one time: in GPU buffers, or the heap of what is on the CPU. */
  readonly peakBytes: number;
}

export interface PeerRow extends Timing, Counts {
  readonly suite: "peers";
  readonly workload: string;
  readonly contender: string;
  /** The contender of ours with the same rule. */
  readonly against: string;
  /** The median over that one's: 2 is twice as long. Absent where it is not timed. */
  readonly timesOurs?: number;
  readonly parameterBytes: number;
  /** What the rule has to read and write, and the rate that this comes to; of bare updates. */
  readonly bytesMoved?: number;
  readonly GBs?: number;
  /** Of trainings. */
  readonly samplesPerSecond?: number;
  /** How far it is from the reference: see gate.ts. */
  readonly difference: number;
}

/** A contender that is not timed. */
export interface LeftOut {
  readonly suite: "peers";
  /** The workload and the contender. */
  readonly what: string;
  readonly why: string;
  /** Of its steps, beside the reference's. */
  readonly losses?: readonly number[];
  readonly reference?: readonly number[];
}

export interface Comparison {
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly implementation: string;
  readonly rows: readonly PeerRow[];
  readonly leftOut: readonly LeftOut[];
  /** How contenders are used, where a reader would ask. */
  readonly notes: readonly string[];
}
