import {
  copyMilestones,
  countSteps,
  factor,
  formatSteps,
  formatValue,
  integer,
  readOptions,
  value,
} from "./options.ts";
import { makeSchedule, type Schedule } from "./schedule.ts";
import { linearBetween } from "./shapes.ts";

/**
 * The same value at every step.
 * @throws HyperparameterError for anything but a finite number >= 0.
 */
export function constant(at: number): Schedule {
  readOptions("constant", { value: at }, { value });
  return makeSchedule(`constant ${formatValue(at)}`, 100, () => at);
}

export interface LinearOptions {
  readonly start: number;
  readonly end: number;
  /** Steps from `start` to `end`. */
  readonly total: number;
}

/**
 * A straight line: `start` at t = 1, one part in `total` short of `end` at t = total, `end` from t = total + 1 on.
 * PyTorch's LinearLR with lr * start_factor = start, lr * end_factor = end and total_iters = total, at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function linear(options: LinearOptions): Schedule {
  const { start, end, total } = readOptions("linear", options, { start: value, end: value, total: integer(1) });
  const words = `linear from ${formatValue(start)} to ${formatValue(end)} over ${countSteps(total)}`;
  return makeSchedule(words, total, (t) => linearBetween(start, end, Math.min(1, (t - 1) / total)));
}

export interface PolynomialOptions {
  readonly start: number;
  /** Steps until 0. */
  readonly total: number;
  /** 1 by default, as in PyTorch. */
  readonly power?: number;
}

/**
 * start * (1 - (t - 1) / total) ** power: `start` at t = 1, start / total ** power at t = total, 0 from t = total + 1 on.
 * PyTorch's PolynomialLR with total_iters = total, at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function polynomial(options: PolynomialOptions): Schedule {
  const { start, total, power } = readOptions<PolynomialOptions>("polynomial", options, {
    start: value,
    total: integer(1),
    power: { ...factor, remedy: "Give an exponent", fallback: 1 },
  });
  const words = `polynomial from ${formatValue(start)} to 0 over ${countSteps(total)}, power ${formatValue(power)}`;
  return makeSchedule(words, total, (t) => start * Math.max(0, (total - t + 1) / total) ** power);
}

export interface ExponentialOptions {
  readonly start: number;
  /** What each step multiplies the value with; above 1 it grows, as in a learning rate range test. */
  readonly gamma: number;
}

/**
 * start * gamma ** (t - 1): `start` at t = 1, without an end. PyTorch's ExponentialLR at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function exponential(options: ExponentialOptions): Schedule {
  const { start, gamma } = readOptions("exponential", options, { start: value, gamma: factor });
  const hundredfold = Math.ceil(Math.log(100) / Math.abs(Math.log(gamma)));
  return makeSchedule(
    `exponential from ${formatValue(start)}, times ${formatValue(gamma)} every step`,
    Math.min(hundredfold, 1e6),
    (t) => start * gamma ** (t - 1),
  );
}

export interface StepOptions {
  readonly start: number;
  /** Steps from one change to the next. */
  readonly stepSize: number;
  /** What each change multiplies the value with: 0.1 by default, as in PyTorch. */
  readonly gamma?: number;
}

/**
 * start * gamma ** floor((t - 1) / stepSize): `start` at t = 1, the first change at t = stepSize + 1, without an end.
 * PyTorch's StepLR with step_size = stepSize, at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range.
 */
export function step(options: StepOptions): Schedule {
  const { start, stepSize, gamma } = readOptions<StepOptions>("step", options, {
    start: value,
    stepSize: integer(1),
    gamma: { ...factor, fallback: 0.1 },
  });
  return makeSchedule(
    `step from ${formatValue(start)}, times ${formatValue(gamma)} every ${countSteps(stepSize)}`,
    4 * stepSize,
    (t) => start * gamma ** Math.floor((t - 1) / stepSize),
  );
}

export interface MultiStepOptions {
  readonly start: number;
  /** The steps after which the value changes, rising. */
  readonly milestones: readonly number[];
  /** What each change multiplies the value with: 0.1 by default, as in PyTorch. */
  readonly gamma?: number;
}

/**
 * start * gamma ** (number of milestones below t): `start` at t = 1, multiplied at t = milestone + 1, and the same from the
 * last change on. PyTorch's MultiStepLR at last_epoch = t - 1.
 * @throws HyperparameterError for an option that is missing or out of range, and for milestones that do not rise.
 */
export function multiStep(options: MultiStepOptions): Schedule {
  const { start, milestones, gamma } = readOptions<MultiStepOptions>("multiStep", options, {
    start: value,
    milestones: {
      allows: (steps) => Array.isArray(steps) && steps.length > 0,
      allowed: "an array of steps",
      remedy: "List the steps after which the value changes",
    },
    gamma: { ...factor, fallback: 0.1 },
  });
  const changes = copyMilestones("multiStep", milestones);
  const last = changes.at(-1) ?? 0;
  return makeSchedule(
    `multi-step from ${formatValue(start)}, times ${formatValue(gamma)} after ${changes.map((each) => `step ${formatSteps(each)}`).join(", ")}`,
    last + Math.ceil(last / 4),
    (t) => start * gamma ** changes.filter((milestone) => milestone < t).length,
  );
}
