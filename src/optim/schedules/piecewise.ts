import { HyperparameterError } from "../errors.ts";
import { copyMilestones, formatSteps, readOptions } from "./options.ts";
import { makeSchedule, type Schedule } from "./schedule.ts";

export interface PiecewiseOptions {
  readonly schedules: readonly Schedule[];
  /** The steps after which the next schedule begins, rising: one fewer than schedules. */
  readonly milestones: readonly number[];
}

/**
 * One schedule after the other, each counting from its own start: the first at t = 1, the next at t = milestone + 1, where it
 * is asked for its step 1. The last one goes on, and holds its last value where it has one.
 *
 * PyTorch's SequentialLR at last_epoch = t - 1.
 * @throws HyperparameterError for schedules that are no functions, and milestones that do not rise or do not fit them.
 */
export function piecewise(options: PiecewiseOptions): Schedule {
  const read = readOptions<PiecewiseOptions>("piecewise", options, {
    schedules: {
      allows: (list) => Array.isArray(list) && list.length > 0 && list.every((each) => typeof each?.span === "number"),
      allowed: "an array of schedules",
      remedy: "Wrap a number in constant and a function in schedule",
    },
    milestones: {
      allows: Array.isArray,
      allowed: "an array of steps",
      remedy: "List the steps after which the next begins",
    },
  });
  const schedules = [...read.schedules];
  const milestones = copyMilestones("piecewise", read.milestones);
  if (milestones.length !== schedules.length - 1) {
    throw new HyperparameterError(
      `piecewise: the milestones do not fit the schedules (got ${milestones.length} for ${schedules.length} schedules, ` +
        `allowed ${schedules.length - 1}). Give one for each schedule but the first.`,
    );
  }
  const starts = [0, ...milestones];
  const pieces = schedules.map((piece, i) =>
    i === 0 ? `${piece}` : `after step ${formatSteps(starts[i]!)}: ${piece}`,
  );
  return makeSchedule(pieces.join("; "), starts.at(-1)! + schedules.at(-1)!.span, (t) => {
    const i = starts.findLastIndex((start) => start < t);
    return schedules[i]!(t - starts[i]!);
  });
}
