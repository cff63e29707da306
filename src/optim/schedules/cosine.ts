import { HyperparameterError } from "../errors.ts";
import { countSteps, formatSteps, formatValue, integer, readOptions, value } from "./options.ts";
import { makeSchedule, type Schedule } from "./schedule.ts";
import { cosineBetween, warmUp } from "./shapes.ts";

export interface CosineOptions {
  readonly peak: number;
  /** Steps of linear warm-up, of `total`: none by default. */
  readonly warmup?: number;
  /** Steps of the whole. */
  readonly total: number;
  /** The value at the end: 0 by default. It may lie above `peak`, as for a weight decay that rises. */
  readonly floor?: number;
}

/**
 * Half a cosine from `peak` to `floor`, after a linear warm-up from 0. At t = 1 it is peak / warmup, or `peak` without a
 * warm-up; at t = warmup `peak`, and at t = warmup + 1 again, where the cosine starts; at t = total what the cosine has one
 * step before its end, so that no step of the `total` is spent at a floor of 0; from t = total + 1 on `floor`.
 *
 * Source: Loshchilov & Hutter 2017, without restarts. Without warm-up PyTorch's CosineAnnealingLR with T_max = total and
 * eta_min = floor, at last_epoch = t - 1, which goes up again after T_max, where this holds. With it SequentialLR at
 * milestone warmup of LinearLR (start_factor 1 / warmup, total_iters warmup - 1) and CosineAnnealingLR (T_max = total -
 * warmup).
 * @throws HyperparameterError for an option that is missing or out of range, and unless warmup < total.
 */
export function cosine(options: CosineOptions): Schedule {
  const { peak, warmup, total, floor } = readOptions<CosineOptions>("cosine", options, {
    peak: value,
    warmup: { ...integer(0), fallback: 0 },
    total: integer(1),
    floor: { ...value, fallback: 0 },
  });
  if (warmup >= total) {
    throw new HyperparameterError(
      `cosine: the warm-up leaves no step for the cosine (got warmup ${warmup}, allowed below total = ${total}). ` +
        "Shorten warmup or raise total.",
    );
  }
  const words = warmup
    ? `cosine from 0 over ${countSteps(warmup)} to ${formatValue(peak)}, then to ${formatValue(floor)} after step ${formatSteps(total)}`
    : `cosine from ${formatValue(peak)} to ${formatValue(floor)} over ${countSteps(total)}`;
  return makeSchedule(words, total, (t) =>
    t <= warmup
      ? warmUp(peak, warmup, t)
      : cosineBetween(peak, floor, Math.min(1, (t - 1 - warmup) / (total - warmup))),
  );
}

export interface CosineRestartsOptions {
  readonly peak: number;
  /** Steps of the first period. */
  readonly period: number;
  /** How many times longer each period is than the one before: 1 by default. */
  readonly multiplier?: number;
  /** What each period falls to: 0 by default. */
  readonly floor?: number;
}

/**
 * Half a cosine from `peak` to `floor`, again and again: `peak` at t = 1, one step of the cosine short of `floor` at
 * t = period, `peak` at t = period + 1, and so on without an end.
 *
 * Source: SGDR, Loshchilov & Hutter 2017. PyTorch's CosineAnnealingWarmRestarts with T_0 = period, T_mult = multiplier and
 * eta_min = floor, at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const { peak, period, multiplier, floor } = readOptions<CosineRestartsOptions>("cosineRestarts", options, {
    peak: value,
    period: integer(1),
    multiplier: { ...integer(1, "Give a whole factor"), fallback: 1 },
    floor: { ...value, fallback: 0 },
  });
  const growth = multiplier > 1 ? `, each period ${multiplier} times the last` : "";
  return makeSchedule(
    `cosine with warm restarts from ${formatValue(peak)} to ${formatValue(floor)} over ${countSteps(period)}${growth}`,
    period * (1 + multiplier + multiplier ** 2),
    (t) => {
      let [since, length] = [t - 1, period];
      if (multiplier === 1) since %= period;
      else for (; since >= length; length *= multiplier) since -= length;
      return cosineBetween(peak, floor, since / length);
    },
  );
}
