import type { Gpu, Slice } from "../../gpu/index.ts";
import { UsageError } from "../../gpu/index.ts";
import { NonFiniteGradientError } from "../errors.ts";
import type { BuiltGuard } from "./guard.ts";
import { Guard } from "./guard.ts";
import type { CheckedGradients } from "./options.ts";
import { Reports, type ScaleState, type StepReport } from "./reports.ts";

/** The host's side of looking at the gradients: what it knows of the steps, and what it does about it. */
export class GradientWatch {
  readonly guard: Guard;
  readonly #options: CheckedGradients;
  readonly #reports: Reports;
  readonly #tileAt: BuiltGuard["tileAt"];
  #failure: NonFiniteGradientError | undefined;

  /** `takeBack` hears of steps that were counted and skipped; `tileAt` tells which tensor a tile is of. */
  constructor(gpu: Gpu, options: CheckedGradients, takeBack: (steps: number) => void, tileAt: BuiltGuard["tileAt"]) {
    this.#options = options;
    this.#tileAt = tileAt;
    this.guard = new Guard(gpu, options);
    const scale = { scale: options.scale.initial, good: 0 };
    this.#reports = new Reports(gpu, { memory: this.guard.memory, scale }, takeBack, (report) => this.#take(report));
  }

  get lossScale(): Slice {
    return this.guard.lossScale;
  }

  /** What has to be saved. */
  get scale(): ScaleState {
    return this.#reports.scale;
  }

  get skippedSteps(): number {
    return this.#reports.skipped;
  }

  /** Steps tried whose outcome the host does not know. */
  get unknown(): number {
    return this.#reports.unknown;
  }

  /**
   * @throws NonFiniteGradientError once, where a step failed, and steps are taken again after it; UsageError where the host
   * has kept so many steps' rows that the next would be written over one that the GPU may still need.
   */
  require(slots: number): void {
    this.#reports.throwErrors();
    const failure = this.#failure;
    if (failure) {
      this.#failure = undefined;
      this.guard.forgive();
      throw failure;
    }
    if (this.unknown < slots - 1) return;
    throw new UsageError(
      `optimizer: too many steps are on their way with an outcome that is not known (got ${this.unknown}, allowed ` +
        `${slots - 1}). Await optimizer.settled(), or anything else that lets the GPU's answers in.`,
    );
  }

  /** @throws UsageError where the outcome of a step is not known. */
  requireSettled(): void {
    if (this.unknown === 0) return;
    throw new UsageError(
      `optimizer: steps are on their way whose outcome is not known (got ${this.unknown}, allowed 0). Await settled() first.`,
    );
  }

  count(): void {
    this.#reports.count();
  }

  capture(): void {
    this.#reports.capture();
  }

  /** Waits for the outcome of every step. */
  settle(): Promise<void> {
    return this.#reports.settle();
  }

  /** Begins to count anew, with this loss scale. */
  restart(scale: ScaleState): void {
    this.guard.restore(scale);
    this.#reports.restart(scale);
    this.#failure = undefined;
  }

  destroy(): void {
    this.#reports.destroy();
    this.guard.destroy();
  }

  #take({ notFinite, ...report }: StepReport): void {
    if (report.isSkipped && this.#options.stopsAtFailure && (notFinite || !Number.isFinite(report.norm))) {
      this.#failure ??= this.#failureOf(report, notFinite);
    }
    this.#options.onReport(report);
  }

  #failureOf({ step, norm }: StepReport, notFinite: StepReport["notFinite"]): NonFiniteGradientError {
    const advice =
      'That step and the ones after it changed nothing. Lower lr or clip, or choose nonFinite: "skip"; the next call goes on.';
    const tile = notFinite && this.#tileAt(notFinite.slot);
    if (!tile) {
      const what = `gradients: their norm is too large for float32 at step ${step} (got ${norm}, allowed 3.4e38)`;
      return new NonFiniteGradientError(`${what}. ${advice}`, undefined, undefined, step);
    }
    const index = tile.first + notFinite.place;
    const what = `tensor "${tile.name}": its gradient is not finite at element ${index}, step ${step} (got NaN or infinity, allowed finite numbers)`;
    return new NonFiniteGradientError(`${what}. ${advice}`, tile.name, index, step);
  }
}
