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
  readonly suite: string;
  readonly workload: string;
  readonly contender: string;
  readonly rule: string;
  /** The median beside that of shrinkstep with the same rule: 2 is twice as long. Absent where shrinkstep failed. */
  readonly timesOurs?: number;
  readonly parameterBytes: number;
  /** What the rule has to read and write, and the rate that this comes to; of bare updates. */
  readonly bytesMoved?: number;
  readonly GBs?: number;
  /** How far it is from the reference: see gate.ts. */
  readonly difference: number;
  readonly note?: string;
}

/** A contender that is not timed. */
export interface Failure {
  readonly suite: string;
  readonly workload: string;
  readonly contender: string;
  readonly rule: string;
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
  readonly failures: readonly Failure[];
}
