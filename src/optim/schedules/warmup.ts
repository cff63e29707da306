import { HyperparameterError } from "../errors.ts";
import { countSteps, formatSteps, formatValue, integer, readOptions, value } from "./options.ts";
import { makeSchedule, type Schedule } from "./schedule.ts";
import { linearBetween, warmUp } from "./shapes.ts";

export interface WarmupStableDecayOptions {
  readonly peak: number;
  /** Steps of linear warm-up, of `total`: none by default. */
  readonly warmup?: number;
  /** Steps of the last phase, of `total`, in which the value falls. */
  readonly decay: number;
  /** Steps of the whole. */
  readonly total: number;
  /** The value at the end: 0 by default. */
  readonly floor?: number;
}

/**
 * Warm-up, stable, decay: a linear warm-up from 0, then `peak`, then a straight line to `floor` over the last `decay` steps.
 * At t = 1 it is peak / warmup, or `peak` without a warm-up; `peak` from t = warmup to t = total - decay + 1; at t = total
 * one part in `decay` short of `floor`; `floor` from t = total + 1 on.
 *
 * Source: Hu et al. 2024 (MiniCPM), who leave the shape of the decay open and take an exponential one; the line is the
 * most usual since. PyTorch has none.
 * @throws HyperparameterError for an option that is missing or out of range, and for warmup + decay above total.
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const { peak, warmup, decay, total, floor } = readOptions<WarmupStableDecayOptions>("warmupStableDecay", options, {
    peak: value,
    warmup: { ...integer(0), fallback: 0 },
    decay: integer(1),
    total: integer(1),
    floor: { ...value, fallback: 0 },
  });
  if (warmup + decay > total) {
    throw new HyperparameterError(
      `warmupStableDecay: warm-up and decay overlap (got warmup ${warmup} + decay ${decay}, allowed at most total = ${total}). ` +
        "Shorten one or raise total.",
    );
  }
  const top = formatValue(peak);
  const rise = warmup ? `from 0 over ${countSteps(warmup)} to ${top}` : `from ${top}`;
  const stable = total - decay;
  return makeSchedule(
    `warm-up–stable–decay ${rise}, stable to step ${formatSteps(stable)}, then to ${formatValue(floor)} after step ${formatSteps(total)}`,
    total,
    (t) => {
      if (t <= warmup) return warmUp(peak, warmup, t);
      return linearBetween(peak, floor, Math.min(1, Math.max(0, (t - 1 - stable) / decay)));
    },
  );
}

export interface InverseSquareRootOptions {
  readonly peak: number;
  /** Steps of linear warm-up, at least 1: they are also the unit in which the root counts. */
  readonly warmup: number;
}

/**
 * peak * min(t / warmup, sqrt(warmup / t)): peak / warmup at t = 1, `peak` at t = warmup, half of it at t = 4 warmup, and so
 * on without an end.
 *
 * Source: Vaswani et al. 2017, section 5.3, whose peak is (dModel * warmup) ** -0.5. PyTorch has none.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function inverseSquareRoot(options: InverseSquareRootOptions): Schedule {
  const { peak, warmup } = readOptions("inverseSquareRoot", options, { peak: value, warmup: integer(1) });
  return makeSchedule(
    `inverse square root from 0 over ${countSteps(warmup)} to ${formatValue(peak)}, then down`,
    10 * warmup,
    (t) => (t <= warmup ? warmUp(peak, warmup, t) : peak * Math.sqrt(warmup / t)),
  );
}
