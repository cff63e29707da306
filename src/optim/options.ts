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
  /**
   * Keeps a float32 master of each parameter in half precision, as the state `master`, of which the parameter is a copy,
   * rounded to the nearest: what is written to the parameter by others after its first update is lost. Without masters such
   * parameters are rounded stochastically.
   */
  readonly masters?: boolean;
  /** Of what is rounded stochastically, a whole number below 2^32, 0 where it is left out: the same seed, the same bits. */
  readonly seed?: number;
}

export interface CheckedOptions {
  readonly gradients: CheckedGradients;
  readonly averageDecay: Scalar;
  readonly seed: number;
  readonly around: Around;
}

/** @throws HyperparameterError naming the option, its value and what is allowed. */
export function checkOptions(options: OptimizerOptions): CheckedOptions {
  const { gradients, averageDecay, masters = false, seed = 0 } = options;
  const checked = checkGradients(gradients ?? {});
  if (averageDecay !== undefined && typeof averageDecay !== "function") checkAverageDecay(averageDecay);
  return {
    gradients: checked,
    averageDecay:
      typeof averageDecay === "function" ? (t) => checkAverageDecay(averageDecay(t), t) : (averageDecay ?? 0),
    seed: checkSeed(seed),
    around: {
      isGuarded: checked.isGuarded,
      hasAverage: averageDecay !== undefined,
      hasMasters: checkSwitch("masters", masters),
    },
  };
}

function checkSeed(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw new HyperparameterError(`optimizer: seed must be a whole number from 0 to 4294967295, got ${String(value)}.`);
}

function checkSwitch(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new HyperparameterError(`optimizer: ${name} must be true or false, got ${String(value)}.`);
}

function checkAverageDecay(value: unknown, t?: number): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  const when = t === undefined ? "" : ` at step ${t}`;
  throw new HyperparameterError(`optimizer: averageDecay must be a number in [0, 1), got ${String(value)}${when}.`);
}
