/** What the parts of a run share. */
import { type Gpu, openGpu } from "../src/gpu/index.ts";
import type { FmaForm } from "./limits/arithmetic.ts";
import type { Rounds } from "./measure.ts";
import type { BenchFit, BenchRow, LeftOut, Suite } from "./row.ts";

export interface BenchOptions {
  readonly suites: readonly Suite[];
  /** Few contenders, sizes and rounds: to see that it runs. */
  readonly isQuick: boolean;
  /** Parameters to measure updates with; those that suit the adapter where it is left out. */
  readonly sizes?: readonly number[] | undefined;
  /** Every contender at every size on a software adapter too. */
  readonly takesAll: boolean;
  /** The largest model on a software adapter too. */
  readonly takesLarge: boolean;
}

/** What a job has found. */
export interface Found {
  readonly rows?: readonly BenchRow[];
  readonly fits?: readonly BenchFit[];
  readonly leftOut?: readonly LeftOut[];
}

/** One thing to measure. */
export interface Job {
  readonly suite: Suite;
  /** For a person who waits, and for the list of what was left out. */
  readonly words: string;
  run(bench: Bench): Promise<Found>;
}

/** A run under way: its device, its options, and what later parts need of earlier ones. */
export class Bench {
  readonly options: BenchOptions;
  readonly isSoftware: boolean;
  /** Told that a round has begun: a run that says nothing for long is taken for dead. */
  onRound: () => void = () => {};
  #gpu: Gpu;
  /** The fastest form of the FMA probe, once they have been timed. */
  fmaForm: FmaForm | undefined;

  constructor(gpu: Gpu, options: BenchOptions) {
    this.#gpu = gpu;
    this.options = options;
    this.isSoftware = gpu.adapter.isSoftware;
  }

  get gpu(): Gpu {
    return this.#gpu;
  }

  /** Another device, after one that has run out of memory. */
  async reopen(): Promise<void> {
    this.#gpu.destroy();
    this.#gpu = await openGpu();
  }

  get rounds(): Rounds {
    return { rounds: this.options.isQuick ? 3 : 7, untilMs: 100_000, onRound: () => this.onRound() };
  }
}
