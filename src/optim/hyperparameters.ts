import { Decay, weightDecayFromShrink } from "./decay.ts";
import { HyperparameterError } from "./errors.ts";
import type { Scalar } from "./schedules/schedule.ts";

/** A number, a switch, one of a few words, or several numbers. */
type HyperValue = number | boolean | string | readonly number[];

/** The value of every hyperparameter of a rule at one step. */
export type HyperValues = Record<string, HyperValue>;

/** The same before a step is chosen. */
export type HyperInput = Record<string, HyperValue | Scalar | Decay | undefined>;

interface Domain {
  readonly allows: (value: number) => boolean;
  readonly words: string;
}

const notNegative: Domain = { allows: (x) => x >= 0, words: "a finite number >= 0" };
const notPositive: Domain = { allows: (x) => x <= 0, words: "a finite number <= 0" };
const belowOne: Domain = { allows: (x) => x >= 0 && x < 1, words: "a number in [0, 1)" };

/** What each hyperparameter may be, whichever rule has it. Stricter than PyTorch, which lets NaN and infinity pass. */
const domains: Readonly<Record<string, Domain>> = {
  lr: notNegative,
  weightDecay: notNegative,
  momentum: belowOne,
  dampening: { allows: (x) => x >= 0 && x <= 1, words: "a number in [0, 1]" },
  alpha: belowOne,
  rho: belowOne,
  beta1: belowOne,
  beta2: belowOne,
  beta3: belowOne,
  lrDecay: notNegative,
  momentumDecay: notNegative,
  nsSteps: { allows: (x) => Number.isInteger(x) && x >= 1 && x < 100, words: "a whole number from 1 to 99" },
  beta2Decay: notPositive,
  d: { allows: (x) => x >= 1, words: "a finite number >= 1" },
  eps1: { allows: (x) => x >= 2 ** -63, words: "a number >= 1.1e-19, or a zero gradient would divide by zero" },
  eps2: notNegative,
  trustCoefficient: notNegative,
  warmup: notNegative,
  r: notNegative,
  weightLrPower: notNegative,
  eps: { allows: (x) => x >= 2 ** -126, words: "a number >= 1.2e-38, or a zero gradient would divide by zero" },
};

const share: Domain = { allows: (x) => x > 0 && x < 1, words: "a number in (0, 1)" };

/** Where a rule is stricter. */
const domainsOf: Readonly<Record<string, Readonly<Record<string, Domain>>>> = {
  scheduleFreeAdamw: { beta1: share },
  scheduleFreeSgd: { momentum: share },
};

/** Hyperparameters that are a word: which ones there are. */
const choices: Readonly<Record<string, readonly string[]>> = { adjust: ["original", "matchRmsAdamw"] };

/** Hyperparameters that are several numbers: how many. */
const counts: Readonly<Record<string, number>> = { nsCoefficients: 3 };

/**
 * The values at step t, checked.
 * @throws HyperparameterError naming the rule, the hyperparameter, the value and what is allowed.
 */
export function valuesAt(rule: string, input: HyperInput, t: number): HyperValues {
  const values: HyperValues = {};
  for (const [name, scalar] of Object.entries(input)) {
    if (name === "weightDecay" && scalar instanceof Decay) values[name] = weightDecayAt(rule, scalar, input, t);
    else if (typeof scalar === "boolean" || isConstant(name)) values[name] = scalar as HyperValue;
    else if (typeof scalar === "function") values[name] = checkNumber(rule, name, scalar(t), ` at step ${t}`);
    else values[name] = checkNumber(rule, name, scalar, "");
  }
  checkTogether(rule, values);
  return values;
}

/** A decay in a unit of its own, as the `weightDecay` that shrinks as much at this step's learning rate. */
function weightDecayAt(rule: string, decay: Decay, { lr }: HyperInput, t: number): number {
  const rate = checkNumber(rule, "lr", typeof lr === "function" ? lr(t) : lr, ` at step ${t}`);
  const shrink = decay.shrinkAt(t, rate);
  if (!(shrink >= 0 && shrink < 1)) {
    throw new HyperparameterError(
      `${rule}: weightDecay (${decay}) must take a share in [0, 1), got ${shrink} at step ${t}.`,
    );
  }
  if (shrink > 0 && rate === 0) {
    throw new HyperparameterError(
      `${rule}: weightDecay (${decay}) needs lr > 0, got 0 at step ${t}. Freeze the tensors to leave them as they are.`,
    );
  }
  return shrink === 0 ? 0 : weightDecayFromShrink(shrink, rate);
}

/**
 * The defaults with the given options over them.
 * @throws HyperparameterError for an option that the rule does not have, or one of the wrong type.
 */
export function withDefaults(rule: string, defaults: HyperInput, options: HyperInput): HyperInput {
  const input = { ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(defaults, name)) {
      const allowed = Object.keys(defaults).join(", ");
      throw new HyperparameterError(
        `${rule}: unknown hyperparameter "${name}" (allowed ${allowed}). Check its spelling.`,
      );
    }
    if (value === undefined) continue;
    const words = wordsAgainst(name, typeof defaults[name] === "boolean", value);
    if (words) throw new HyperparameterError(`${rule}: ${name} must be ${words}, got ${show(value)}.`);
    input[name] = value;
  }
  return input;
}

/** Whether a hyperparameter is no number, so that no function of the step may stand for it. */
const isConstant = (name: string): boolean => Object.hasOwn(choices, name) || Object.hasOwn(counts, name);

/** What a hyperparameter has to be where the value is of another type; numbers are checked when a step is chosen. */
function wordsAgainst(name: string, isSwitch: boolean, value: unknown): string | undefined {
  const [words, count] = [choices[name], counts[name]];
  if (words) return words.includes(value as string) ? undefined : words.map(show).join(" or ");
  if (count) {
    const fit = Array.isArray(value) && value.length === count && value.every(isFloat);
    return fit ? undefined : `${count} finite numbers`;
  }
  if (isSwitch === (typeof value === "boolean")) return undefined;
  return isSwitch ? "true or false" : "a number or a function of the step";
}

const isFloat = (value: unknown): boolean => typeof value === "number" && Number.isFinite(Math.fround(value));

function checkNumber(rule: string, name: string, value: unknown, when: string): number {
  const domain = domainsOf[rule]?.[name] ?? domains[name] ?? notNegative;
  if (typeof value !== "number" || !Number.isFinite(value) || !domain.allows(value)) {
    throw new HyperparameterError(`${rule}: ${name} must be ${domain.words}, got ${show(value)}${when}.`);
  }
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded) || (value !== 0 && rounded === 0)) {
    throw new HyperparameterError(`${rule}: ${name} must fit float32, got ${show(value)}${when}.`);
  }
  return value;
}

/**
 * A number that was computed from hyperparameters at step t, if float32 has room for it.
 * @throws HyperparameterError, such as for the step size of Adam with lr 1e38.
 */
export function checkRange(rule: string, name: string, value: number, t: number): number {
  if (Number.isFinite(Math.fround(value))) return value;
  throw new HyperparameterError(`${rule}: ${name} must fit float32, got ${value} at step ${t}. Lower lr.`);
}

function checkTogether(rule: string, { lr, weightDecay, momentum, dampening, nesterov }: HyperValues): void {
  if (nesterov === true && dampening !== undefined && (momentum === 0 || dampening !== 0)) {
    throw new HyperparameterError(
      `${rule}: nesterov needs momentum > 0 and dampening 0, got momentum ${momentum} and dampening ${dampening}.`,
    );
  }
  if (Number(lr) * Number(weightDecay) >= 1) {
    throw new HyperparameterError(
      `${rule}: lr * weightDecay must be below 1, or a step would take all of a weight and more, got ${lr} * ${weightDecay}. ` +
        "Lower one of them.",
    );
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  return typeof value === "bigint" ? `${value}n` : String(value);
}
