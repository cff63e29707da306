import { HyperparameterError } from "../errors.ts";
import { show } from "./options.ts";
import { type PlotOptions, svgPlot, textPlot } from "./plot.ts";

/** A number, or a function of the step: `t` is 1 at the first. */
export type Scalar = number | ((t: number) => number);

/** Its value at step t. */
export const valueAt = (value: Scalar, t: number): number => (typeof value === "function" ? value(t) : value);

/**
 * A hyperparameter's value as a function of the step: for the learning rate, the decay and the momentum alike. Pure, so
 * that any step can be asked for at any time. t is 1 at the first step; PyTorch counts from 0, so that the value at t is
 * what a PyTorch scheduler gives for `last_epoch = t - 1`, its value during its step t. What has an end holds its last
 * value from there on.
 */
export interface Schedule {
  /**
   * The value at step t: a finite number >= 0, and 0 where float32 has nothing that small.
   * @throws HyperparameterError for a t that is no integer >= 1, and for a value that is none, where a function of the
   * user's gives it.
   */
  (t: number): number;
  /** Steps that a plot shows unless told otherwise: up to the end, or, of what has none, enough to see its shape. */
  readonly span: number;
  /** The schedule in words, such as `linear from 0.1 to 0 over 100 steps`. */
  toString(): string;
  /**
   * A plot in block characters, for a terminal: 60 x 8 characters unless told otherwise.
   * @throws HyperparameterError for a size or a number of steps that leaves nothing to draw.
   */
  plot(options?: PlotOptions): string;
  /**
   * A plot as a stand-alone SVG: 480 x 160 pixels unless told otherwise.
   * @throws HyperparameterError for a size or a number of steps that leaves nothing to draw.
   */
  svg(options?: PlotOptions): string;
}

/**
 * Any function of the step as a schedule, with the words that it prints. Its plots show 100 steps unless told otherwise.
 * @throws HyperparameterError for what is no function, or no words.
 */
export function schedule(fn: (t: number) => number, words: string): Schedule {
  if (typeof fn !== "function") {
    throw new HyperparameterError(
      `schedule: this is no function (got ${show(fn)}, allowed a function of the step). For a number use constant.`,
    );
  }
  if (typeof words !== "string" || words === "") {
    throw new HyperparameterError(
      `schedule: the words are missing (got ${show(words)}, allowed a string that is not empty). Say what it does.`,
    );
  }
  return makeSchedule(words, 100, fn);
}

/** Makes a schedule of its words, its span and its formula, which is asked at integers t >= 1 only. */
export function makeSchedule(words: string, span: number, formula: (t: number) => number): Schedule {
  const at = (t: number): number => {
    if (!Number.isSafeInteger(t) || t < 1) {
      throw new HyperparameterError(
        `${words}: there is no such step (got ${show(t)}, allowed an integer >= 1). Count steps from 1.`,
      );
    }
    const value = formula(t);
    if (!Number.isFinite(value) || value < 0) {
      throw new HyperparameterError(
        `${words}: step ${t} has no value (got ${show(value)}, allowed a finite number >= 0). Correct the schedule.`,
      );
    }
    // Rules refuse what float32 rounds to nothing; a schedule that falls for ever would stop the training there.
    return Math.fround(value) === 0 ? 0 : value;
  };
  const curve = { at, words, span };
  return Object.freeze(
    Object.assign((t: number) => at(t), {
      span,
      toString: () => words,
      plot: (options: PlotOptions = {}) => textPlot(curve, options),
      svg: (options: PlotOptions = {}) => svgPlot(curve, options),
    }),
  );
}
