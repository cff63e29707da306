import { HyperparameterError } from "./errors.ts";
import { type CheckedGradients, checkGradients, type GradientOptions } from "./gradients/options.ts";
import type { Scalar } from "./schedules/schedule.ts";
import type { Around } from "./variant.ts";

/** What an optimizer does beside its rules. */
export interface OptimizerOptions {
  /** What is done to the gradients before they are used; left out, they are taken as they are. */
  readonly gradients?: GradientOptions;
  /**
   * Keeps a moving average of the weights, a ← d a + (1 - d) p, as the state `average`, in the same dispatch: the decay d,
   * in [0, 1), such as 0.999, or a function of the step.
   */
  readonly averageDecay?: Scalar;
}

export interface CheckedOptions {
  readonly gradients: CheckedGradients;
  readonly averageDecay: Scalar;
  readonly around: Around;
}

/** @throws HyperparameterError naming the option, its value and what is allowed. */
export function checkOptions({ gradients, averageDecay }: OptimizerOptions): CheckedOptions {
  const checked = checkGradients(gradients ?? {});
  if (averageDecay !== undefined && typeof averageDecay !== "function") checkAverageDecay(averageDecay);
  return {
    gradients: checked,
    averageDecay:
      typeof averageDecay === "function" ? (t) => checkAverageDecay(averageDecay(t), t) : (averageDecay ?? 0),
    around: { isGuarded: checked.isGuarded, hasAverage: averageDecay !== undefined },
  };
}

function checkAverageDecay(value: unknown, t?: number): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  const when = t === undefined ? "" : ` at step ${t}`;
  throw new HyperparameterError(`optimizer: averageDecay must be a number in [0, 1), got ${String(value)}${when}.`);
}
