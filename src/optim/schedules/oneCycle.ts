import { HyperparameterError } from "../errors.ts";
import { type Domain, factor, flag, formatSteps, formatValue, integer, readOptions, show, value } from "./options.ts";
import { makeSchedule, type Schedule } from "./schedule.ts";
import { cosineBetween, linearBetween } from "./shapes.ts";

export interface OneCycleOptions {
  /** PyTorch's max_lr. */
  readonly peak: number;
  /** Steps of the whole: PyTorch's total_steps. */
  readonly total: number;
  /** The share of the steps at which the peak is: 0.3 by default. */
  readonly pctStart?: number;
  /** peak / divFactor is the first value: 25 by default. */
  readonly divFactor?: number;
  /** The first value / finalDivFactor is the last: 1e4 by default. */
  readonly finalDivFactor?: number;
  readonly annealStrategy?: "cos" | "linear";
  /** Whether it first comes down as it went up, to the first value, as in the paper; false by default. */
  readonly threePhase?: boolean;
}

const strategy: Domain<"cos" | "linear"> = {
  allows: (name) => name === "cos" || name === "linear",
  allowed: '"cos" or "linear"',
  remedy: "Give one of them",
};

/**
 * Up to the peak and down to almost nothing. At t = 1 it is first = peak / divFactor, at t = pctStart * total `peak`, and from
 * t = total on last = first / finalDivFactor. With `threePhase` it is back at the first value at t = 2 * pctStart * total - 1.
 * Turned upside down it is the momentum that goes with it: `oneCycle({ peak: 0.85, divFactor: 0.85 / 0.95, finalDivFactor:
 * 1, total })` is PyTorch's, from 0.95 to 0.85 and back.
 *
 * Source: Smith & Topin 2017 (arXiv 1708.07120). PyTorch's OneCycleLR, options and defaults alike, at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range, and for a `pctStart` that leaves a phase less
 * than a step.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const read = readOptions<OneCycleOptions>("oneCycle", options, {
    peak: value,
    total: integer(2),
    pctStart: { ...factor, remedy: "Give a share of the steps", fallback: 0.3 },
    divFactor: { ...factor, fallback: 25 },
    finalDivFactor: { ...factor, fallback: 1e4 },
    annealStrategy: { ...strategy, fallback: "cos" },
    threePhase: { ...flag, fallback: false },
  });
  const { peak, total, pctStart, annealStrategy, threePhase } = read;
  if (pctStart * total <= 1 || (threePhase ? pctStart > 0.5 : pctStart >= 1)) {
    throw new HyperparameterError(
      `oneCycle: pctStart leaves a phase no time (got ${show(pctStart)}, allowed above 1 / total = ${formatValue(1 / total)} ` +
        `and ${threePhase ? "at most 0.5" : "below 1"}). Move the peak.`,
    );
  }
  const first = peak / read.divFactor;
  const knots: readonly Knot[] = [
    { t: 1, value: first },
    { t: pctStart * total, value: peak },
    ...(threePhase ? [{ t: 2 * pctStart * total - 1, value: first }] : []),
    { t: total, value: first / read.finalDivFactor },
  ];
  const between = annealStrategy === "cos" ? cosineBetween : linearBetween;
  const stops = knots.slice(1).map((knot) => `${formatValue(knot.value)} at step ${formatSteps(Math.round(knot.t))}`);
  const shape = annealStrategy === "cos" ? "" : ", linear";
  return makeSchedule(`one-cycle from ${formatValue(first)} to ${stops.join(", then ")}${shape}`, total, (t) =>
    interpolate(knots, Math.min(t, total), between),
  );
}

/** A value at a step, which may lie between two. */
interface Knot {
  readonly t: number;
  readonly value: number;
}

function interpolate(knots: readonly Knot[], t: number, between: typeof linearBetween): number {
  const i = knots.findIndex((knot, index) => index > 0 && t <= knot.t);
  const [from, to] = [knots[i - 1]!, knots[i]!];
  return between(from.value, to.value, (t - from.t) / (to.t - from.t));
}
