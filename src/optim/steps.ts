import { type CommandStream, type Gpu, UsageError } from "../gpu/index.ts";
import { type BuiltUpdate, slotsIn } from "./build.ts";
import type { BuiltGuard } from "./gradients/guard.ts";
import { GradientWatch } from "./gradients/watch.ts";
import type { CheckedOptions } from "./options.ts";
import type { Roster } from "./roster.ts";
import type { OptimizerState } from "./state.ts";
import { StepRows } from "./stepRows.ts";

/** The steps of an optimizer: how many there were, the scalars of the next one, and which of them the GPU has skipped. */
export class Steps {
  /** Where gradients are looked at. */
  readonly watch: GradientWatch | undefined;
  /** Steps done, or encoded. One that is skipped counts until the GPU has told. */
  count = 0;
  readonly #stream: CommandStream;
  readonly #rows: StepRows;
  #encodedAt = -1;

  constructor(gpu: Gpu, options: CheckedOptions, tileAt: BuiltGuard["tileAt"]) {
    this.#stream = gpu.stream;
    this.#rows = new StepRows(gpu.stream, options);
    const { gradients } = options;
    if (!gradients.isGuarded) return;
    const takeBack = (steps: number): void => {
      this.#rows.takeBack(steps);
      this.count -= steps;
    };
    this.watch = new GradientWatch(gpu, gradients, takeBack, tileAt);
  }

  /** What has to be saved. */
  get saved(): Pick<OptimizerState, "stepCount" | "lossScale"> {
    return { stepCount: this.count, ...(this.watch && { lossScale: this.watch.scale }) };
  }

  restore({ stepCount, lossScale }: OptimizerState): void {
    this.count = stepCount;
    this.watch?.restart(lossScale ?? this.watch.scale);
  }

  /** Waits for the outcome of the steps so far. */
  async settle(): Promise<void> {
    await this.watch?.settle();
  }

  /** Also of those that are taken meanwhile. */
  async settleAll(): Promise<void> {
    while (this.watch && this.watch.unknown > 0) await this.watch.settle();
  }

  /** Writes the next step's scalars and counts it. `hasWork` tells whether there is an update to dispatch. */
  begin(hasWork: boolean): void {
    this.watch?.require(this.#rows.slots);
    this.#rows.write(this.watch?.unknown ?? 0);
    this.#rows.advance();
    this.count += 1;
    if (hasWork) this.watch?.count();
  }

  /** The step that was begun is in the stream now. */
  encoded(): void {
    this.watch?.capture();
    this.#encodedAt = this.#stream.counts.submits;
  }

  /**
   * What is written now would reach an update that was encoded and not submitted.
   * @throws UsageError where there is one.
   */
  requireSubmitted(): void {
    if (this.#encodedAt !== this.#stream.counts.submits) return;
    throw new UsageError(
      "optimizer: an update is encoded and not submitted (got 1, allowed 0). Submit the stream first.",
    );
  }

  /** Brings the rows of scalars in line with the roster. Not in the steady state. */
  assign(roster: Roster, built: BuiltUpdate | undefined): void {
    const rows = roster.rows.length;
    const slots = built && this.watch ? slotsIn(built.rows, rows) : 1;
    this.#rows.assign(roster, built?.rows, slots);
    this.watch?.guard.setRows(rows, slots);
  }
}
