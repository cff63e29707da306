/** Bad inputs: each hyperparameter with each value that it must not have, and what the refusal says. */
import type { HyperInput } from "../../src/optim/index.ts";
import type { RuleName } from "../parity/table.ts";

export interface Row {
  readonly rule: RuleName;
  /** The hyperparameter at fault and its value; the value may only be wrong beside those of `beside`. */
  readonly bad: readonly [name: string, value: unknown];
  readonly beside?: HyperInput;
  /** What the message must say, besides the rule and the name. */
  readonly says: string;
}

const finite = "must be a finite number >= 0, got";
const inUnit = "must be a number in [0, 1), got";
const row = (rule: RuleName, name: string, value: unknown, says: string, beside: HyperInput = {}): Row => ({
  rule,
  bad: [name, value],
  says,
  beside,
});

/** What no schedule may return and no option may be. */
export const numbers: readonly Row[] = [
  ...(["lr", "weightDecay"] as const).flatMap((name) => [
    row("adamw", name, Number.NaN, `${finite} NaN`),
    row("adamw", name, Infinity, `${finite} Infinity`),
    row("adamw", name, -1e-3, `${finite} -0.001`),
    row("adam", name, "1e-3", `${finite} "1e-3"`),
    row("sgd", name, 1n, `${finite} 1n`),
    row("sgdw", name, null, `${finite} null`),
    row("sgdw", name, [0.1], `${finite} 0.1`),
    row("adam", name, 1e39, "must fit float32, got 1e+39", { [name === "lr" ? "weightDecay" : "lr"]: 0 }),
    row("adam", name, 1e-46, "must fit float32, got 1e-46"),
  ]),
  ...(["beta1", "beta2"] as const).flatMap((name) => [
    row("adamw", name, 1, `${inUnit} 1`),
    row("adamw", name, 1 - 2 ** -60, `${inUnit} 1`),
    row("adamw", name, -0.1, `${inUnit} -0.1`),
    row("adam", name, Number.NaN, `${inUnit} NaN`),
    row("adam", name, 1e-46, "must fit float32, got 1e-46"),
  ]),
  ...(
    [
      ["rmsprop", "alpha"],
      ["adadelta", "rho"],
      ["adamax", "beta2"],
    ] as const
  ).flatMap(([rule, name]) => [
    row(rule, name, 1, `${inUnit} 1`),
    row(rule, name, 2, `${inUnit} 2`),
    row(rule, name, -0.1, `${inUnit} -0.1`),
    row(rule, name, Number.NaN, `${inUnit} NaN`),
  ]),
  row("adagrad", "lrDecay", -1, `${finite} -1`),
  row("adagrad", "lrDecay", Infinity, `${finite} Infinity`),
  row("nadam", "momentumDecay", -1, `${finite} -1`),
  row("nadam", "momentumDecay", Number.NaN, `${finite} NaN`),
  row("adadelta", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("rmsprop", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("rmsprop", "momentum", 1, `${inUnit} 1`, { momentum: 0.9 }),
  row("adan", "beta3", 1, `${inUnit} 1`),
  row("adan", "beta3", Number.NaN, `${inUnit} NaN`),
  row("adan", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("adan", "weightDecay", 10, "lr * weightDecay must be below 1", { lr: 0.1 }),
  row("adafactor", "beta2Decay", 0.8, "must be a finite number <= 0, got 0.8"),
  row("adafactor", "beta2Decay", Number.NaN, "must be a finite number <= 0, got NaN"),
  row("adafactor", "beta2Decay", -Infinity, "must be a finite number <= 0, got -Infinity"),
  row("adafactor", "d", 0.5, "must be a finite number >= 1, got 0.5"),
  row("adafactor", "d", Infinity, "must be a finite number >= 1, got Infinity"),
  row("adafactor", "eps1", 0, "must be a number >= 1.1e-19, or a zero gradient would divide by zero, got 0"),
  row("adafactor", "eps1", 1e-20, "must be a number >= 1.1e-19"),
  row("adafactor", "eps1", Number.NaN, "got NaN"),
  row("adafactor", "eps2", -1e-3, `${finite} -0.001`),
  row("adafactor", "eps2", Infinity, `${finite} Infinity`),
  row("adafactor", "weightDecay", 10, "lr * weightDecay must be below 1", { lr: 0.1 }),
  ...(
    [
      ["scheduleFreeAdamw", "beta1"],
      ["scheduleFreeSgd", "momentum"],
    ] as const
  ).flatMap(([rule, name]) => [
    row(rule, name, 0, "must be a number in (0, 1), got 0"),
    row(rule, name, 1, "must be a number in (0, 1), got 1"),
    row(rule, name, Number.NaN, "must be a number in (0, 1), got NaN"),
    row(rule, "lr", -1e-3, `${finite} -0.001`),
    row(rule, "warmup", -1, `${finite} -1`),
    row(rule, "warmup", Infinity, `${finite} Infinity`),
    row(rule, "r", -0.5, `${finite} -0.5`),
    row(rule, "r", Number.NaN, `${finite} NaN`),
    row(rule, "weightLrPower", -2, `${finite} -2`),
    row(rule, "weightLrPower", Number.NaN, `${finite} NaN`),
    row(rule, "weightDecay", 1e4, "lr * weightDecay must be below 1", { lr: 1e-3 }),
  ]),
  row("scheduleFreeAdamw", "beta2", 1, `${inUnit} 1`),
  row("scheduleFreeAdamw", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("lion", "lr", Number.NaN, `${finite} NaN`),
  row("lion", "beta1", 1, `${inUnit} 1`),
  row("lion", "beta2", -0.1, `${inUnit} -0.1`),
  row("lion", "weightDecay", 1e4, "lr * weightDecay must be below 1", { lr: 1e-3 }),
  row("lamb", "weightDecay", -0.1, `${finite} -0.1`),
  row("lamb", "weightDecay", 10, "lr * weightDecay must be below 1", { lr: 0.1 }),
  row("lamb", "beta2", 1, `${inUnit} 1`),
  row("lamb", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("lars", "trustCoefficient", -1e-3, `${finite} -0.001`),
  row("lars", "trustCoefficient", Number.NaN, `${finite} NaN`),
  row("lars", "trustCoefficient", Infinity, `${finite} Infinity`),
  row("lars", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("lars", "momentum", 1, `${inUnit} 1`, { momentum: 0.9 }),
  row("lars", "weightDecay", 1, "lr * weightDecay must be below 1"),
  row("stableAdamw", "beta1", 1, `${inUnit} 1`),
  row("stableAdamw", "beta2", Number.NaN, `${inUnit} NaN`),
  row("stableAdamw", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("stableAdamw", "weightDecay", 10, "lr * weightDecay must be below 1", { lr: 0.1 }),
  row("muon", "lr", -1e-3, `${finite} -0.001`),
  row("muon", "momentum", 1, `${inUnit} 1`),
  row("muon", "momentum", Number.NaN, `${inUnit} NaN`),
  row("muon", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("muon", "weightDecay", 10, "lr * weightDecay must be below 1", { lr: 0.1 }),
  row("adamw", "eps", 0, "or a zero gradient would divide by zero, got 0"),
  row("adamw", "eps", 1e-46, "must be a number >= 1.2e-38"),
  row("adam", "eps", -1e-8, "got -1e-8"),
  row("adam", "eps", Number.NaN, "got NaN"),
  row("adam", "eps", 1e39, "must fit float32, got 1e+39"),
  row("sgd", "momentum", -0.5, `${inUnit} -0.5`, { momentum: 0.9 }),
  row("sgd", "momentum", 1, `${inUnit} 1`, { momentum: 0.9 }),
  row("sgd", "momentum", Number.NaN, `${inUnit} NaN`, { momentum: 0.9 }),
  row("sgdw", "momentum", "0.9", `${inUnit} "0.9"`, { momentum: 0.9 }),
  row("sgd", "momentum", 0, "nesterov needs momentum > 0 and dampening 0, got momentum 0", {
    momentum: 0.9,
    nesterov: true,
  }),
  row("sgdw", "dampening", 0.1, "needs momentum > 0 and dampening 0, got momentum 0.9 and dampening 0.1", {
    momentum: 0.9,
    nesterov: true,
  }),
  row("sgd", "dampening", 1.5, "must be a number in [0, 1], got 1.5"),
  row("sgd", "dampening", -0.1, "must be a number in [0, 1], got -0.1"),
  row("sgd", "dampening", Infinity, "must be a number in [0, 1], got Infinity"),
  row(
    "adamw",
    "weightDecay",
    10,
    "lr * weightDecay must be below 1, or a step would take all of a weight and more, got 0.1 * 10",
    { lr: 0.1 },
  ),
  row("sgdw", "lr", 4, "lr * weightDecay must be below 1, or a step would take all of a weight and more, got 4 * 0.5", {
    weightDecay: 0.5,
  }),
];

/** What is wrong in an option alone: a schedule cannot get it wrong. */
export const options: readonly Row[] = [
  row("adamw", "amsgrad", 1, "must be true or false, got 1"),
  row("adamw", "maximize", "yes", 'must be true or false, got "yes"'),
  row("sgd", "nesterov", () => true, "must be true or false, got"),
  row("adam", "lr", true, "must be a number or a function of the step, got true"),
  row("adamw", "betas", [0.9, 0.999], 'unknown hyperparameter "betas" (allowed lr, beta1, beta2, eps, weightDecay'),
  row("rmsprop", "centered", 1, "must be true or false, got 1"),
  row(
    "adagrad",
    "initialAccumulatorValue",
    0.1,
    'unknown hyperparameter "initialAccumulatorValue" (allowed lr, lrDecay',
  ),
  row("radam", "decoupled", 1, "must be true or false, got 1"),
  row("nadam", "decoupled", 1, "must be true or false, got 1"),
  row("adafactor", "eps", 1e-8, 'unknown hyperparameter "eps" (allowed lr, beta2Decay, eps1, eps2, d, weightDecay'),
  row("lamb", "alwaysAdapt", 1, "must be true or false, got 1"),
  row("lamb", "maxGradNorm", 1, 'unknown hyperparameter "maxGradNorm" (allowed lr, beta1'),
  row("lars", "alwaysAdapt", "yes", 'must be true or false, got "yes"'),
  row("lars", "nesterov", true, "nesterov needs momentum > 0 and dampening 0, got momentum 0 and dampening 0"),
  row("stableAdamw", "amsgrad", true, 'unknown hyperparameter "amsgrad" (allowed lr, beta1'),
  ...[0, 100, 2.5, -1, Number.NaN, "5"].map((steps) =>
    row(
      "muon",
      "nsSteps",
      steps,
      `must be a whole number from 1 to 99, got ${typeof steps === "string" ? '"5"' : steps}`,
    ),
  ),
  row("muon", "nsSteps", () => 5, "must be one number for all groups and steps (got () => 5, allowed 5)"),
  row("muon", "nsCoefficients", [3.4445, -4.775], "must be 3 finite numbers, got 3.4445,-4.775"),
  row("muon", "nsCoefficients", [1, 2, Infinity], "must be 3 finite numbers, got 1,2,Infinity"),
  row("muon", "nsCoefficients", [1, 2, 1e39], "must be 3 finite numbers, got 1,2,1e+39"),
  row("muon", "nsCoefficients", 2, "must be 3 finite numbers, got 2"),
  row("muon", "nsCoefficients", () => [2, -1.5, 0.5], "must be 3 finite numbers, got () =>"),
  row("muon", "adjust", "match_rms_adamw", 'must be "original" or "matchRmsAdamw", got "match_rms_adamw"'),
  row("muon", "adjust", null, 'must be "original" or "matchRmsAdamw", got null'),
  row("muon", "adjust", 1, 'must be "original" or "matchRmsAdamw", got 1'),
  row(
    "muon",
    "dampening",
    0,
    'unknown hyperparameter "dampening" (allowed lr, momentum, nesterov, weightDecay, nsSteps',
  ),
  row("sgd", "learningRate", 0.1, 'unknown hyperparameter "learningRate" (allowed lr, momentum'),
  row(
    "lion",
    "eps",
    1e-8,
    'unknown hyperparameter "eps" (allowed lr, beta1, beta2, weightDecay, maximize, towardsStart, cautious)',
  ),
  row("scheduleFreeSgd", "warmupSteps", 100, 'unknown hyperparameter "warmupSteps" (allowed lr, momentum, weightDecay'),
  row("scheduleFreeAdamw", "cautious", true, 'unknown hyperparameter "cautious"'),
  row("sgd", "constructor", 1, 'unknown hyperparameter "constructor"'),
  row("sgd", "toString", 1, 'unknown hyperparameter "toString"'),
  row("sgd", "nesterov", true, "nesterov needs momentum > 0 and dampening 0, got momentum 0 and dampening 0"),
];
