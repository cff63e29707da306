/** What the schedules and their plots refuse, each in the house's words. */

import { expect, test } from "vitest";
import {
  constant,
  cosine,
  cosineRestarts,
  exponential,
  HyperparameterError,
  inverseSquareRoot,
  linear,
  multiStep,
  oneCycle,
  piecewise,
  polynomial,
  schedule,
  step,
  warmupStableDecay,
} from "../../src/optim/index.ts";

const any = (value: unknown) => value as never;
const peak = 0.1;

/** [what is thrown, the words about it]. */
const mistakes: [() => unknown, string][] = [
  [() => constant(-1), "constant: value cannot be used (got -1, allowed a finite number >= 0)"],
  [() => constant(any("0.1")), 'constant: value cannot be used (got "0.1", allowed'],
  [
    () => cosine(any(undefined)),
    "cosine: the options are no object (got undefined, allowed { peak, warmup, total, floor })",
  ],
  [() => cosine(any({ peak })), "cosine: total is missing (got undefined, allowed an integer >= 1)"],
  [
    () => cosine(any({ peak, total: 5, warmUp: 2 })),
    "cosine: there is no such option (got warmUp, allowed peak, warmup, total",
  ],
  [() => cosine({ peak: Number.NaN, total: 5 }), "cosine: peak cannot be used (got NaN,"],
  [() => cosine({ peak, total: 5, floor: -1 }), "cosine: floor cannot be used (got -1,"],
  [() => cosine({ peak, total: 5, warmup: 2.5 }), "cosine: warmup cannot be used (got 2.5, allowed an integer >= 0)"],
  [
    () => cosine({ peak, total: 5, warmup: 5 }),
    "cosine: the warm-up leaves no step for the cosine (got warmup 5, allowed below total",
  ],
  [() => linear({ start: 1, end: Number.POSITIVE_INFINITY, total: 5 }), "linear: end cannot be used (got Infinity,"],
  [() => linear({ start: 1, end: 0, total: 0 }), "linear: total cannot be used (got 0,"],
  [
    () => polynomial({ start: 1, total: 5, power: 0 }),
    "polynomial: power cannot be used (got 0, allowed a finite number > 0)",
  ],
  [() => exponential({ start: 1, gamma: 0 }), "exponential: gamma cannot be used (got 0,"],
  [() => step({ start: 1, stepSize: 0 }), "step: stepSize cannot be used (got 0,"],
  [
    () => multiStep({ start: 1, milestones: [] }),
    "multiStep: milestones cannot be used (got [], allowed an array of steps)",
  ],
  [
    () => multiStep({ start: 1, milestones: [5, 5] }),
    "multiStep: the milestones do not rise (got [5, 5], allowed integers",
  ],
  [() => multiStep({ start: 1, milestones: [0] }), "multiStep: the milestones do not rise (got [0], allowed integers"],
  [() => oneCycle({ peak, total: 1 }), "oneCycle: total cannot be used (got 1, allowed an integer >= 2)"],
  [
    () => oneCycle({ peak, total: 10, pctStart: 0.1 }),
    "oneCycle: pctStart leaves a phase no time (got 0.1, allowed above 1 / total = 0.1",
  ],
  [() => oneCycle({ peak, total: 10, pctStart: 1 }), "oneCycle: pctStart leaves a phase no time (got 1, allowed"],
  [
    () => oneCycle({ peak, total: 10, pctStart: 0.6, threePhase: true }),
    "oneCycle: pctStart leaves a phase no time (got 0.6, allowed",
  ],
  [
    () => oneCycle({ peak, total: 10, annealStrategy: any("cosine") }),
    'oneCycle: annealStrategy cannot be used (got "cosine", allowed "cos" or "linear")',
  ],
  [
    () => oneCycle({ peak, total: 10, threePhase: any(1) }),
    "oneCycle: threePhase cannot be used (got 1, allowed true or false)",
  ],
  [
    () => warmupStableDecay({ peak, warmup: 6, decay: 5, total: 10 }),
    "warmupStableDecay: warm-up and decay overlap (got warmup 6 + decay 5, allowed",
  ],
  [
    () => inverseSquareRoot({ peak, warmup: 0 }),
    "inverseSquareRoot: warmup cannot be used (got 0, allowed an integer >= 1)",
  ],
  [() => cosineRestarts({ peak, period: 5, multiplier: 1.5 }), "cosineRestarts: multiplier cannot be used (got 1.5,"],
  [
    () => piecewise({ schedules: [], milestones: [] }),
    "piecewise: schedules cannot be used (got [], allowed an array of schedules)",
  ],
  [
    () => piecewise({ schedules: [any(0.1)], milestones: [] }),
    "piecewise: schedules cannot be used (got [0.1], allowed",
  ],
  [
    () => piecewise({ schedules: [constant(1)], milestones: [3] }),
    "piecewise: the milestones do not fit the schedules (got 1 for 1 schedules, allowed 0)",
  ],
  [
    () => piecewise({ schedules: [constant(1)], milestones: any(3) }),
    "piecewise: milestones cannot be used (got 3, allowed an array of steps)",
  ],
  [() => schedule(any(0.1), "words"), "schedule: this is no function (got 0.1, allowed a function of the step)"],
  [() => schedule((t) => t, any(undefined)), "schedule: the words are missing (got undefined, allowed"],
  [
    () => schedule(() => Number.NaN, "broken")(7),
    "broken: step 7 has no value (got NaN, allowed a finite number >= 0)",
  ],
  [() => schedule(() => -1, "negative").plot(), "negative: step 1 has no value (got -1, allowed"],
  [() => constant(1).plot({ width: 1 }), "plot: width cannot be used (got 1, allowed an integer >= 16)"],
  [() => constant(1).plot({ steps: 0 }), "plot: steps cannot be used (got 0, allowed an integer >= 1)"],
  [() => constant(1).svg({ height: 8 }), "svg: height cannot be used (got 8, allowed an integer >= 80)"],
];

test.each(mistakes)("%s throws: %s", (mistake, words) => {
  let error: unknown;
  try {
    mistake();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HyperparameterError);
  expect((error as Error).message).toContain(words);
  // The house form: <thing>: <what is wrong> (got …, allowed …). <what to do>.
  expect((error as Error).message).toMatch(/^.+: [^(]+ \(got .*, allowed .+\)\. [A-Z].+[^.]\.$/);
});
