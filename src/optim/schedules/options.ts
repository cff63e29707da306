import { HyperparameterError } from "../errors.ts";

/** What an option may be, and what it is when it is left out; without a `fallback` it must be given. */
export interface Domain<V> {
  readonly allows: (value: V) => boolean;
  /** What is allowed and what to do about anything else: the two ends of the error. */
  readonly allowed: string;
  readonly remedy: string;
  readonly fallback?: V;
}

type Domains<T> = { readonly [K in keyof T]-?: Domain<NonNullable<T[K]>> };

/** Hyperparameters are never negative, so that a schedule of one is not either. */
export const value: Domain<number> = {
  allows: (x) => Number.isFinite(x) && x >= 0,
  allowed: "a finite number >= 0",
  remedy: "Give the hyperparameter's value",
};

export const factor: Domain<number> = {
  allows: (x) => Number.isFinite(x) && x > 0,
  allowed: "a finite number > 0",
  remedy: "Give a factor",
};

export function integer(least: number, remedy = "Count in steps"): Domain<number> {
  return { allows: (x) => Number.isSafeInteger(x) && x >= least, allowed: `an integer >= ${least}`, remedy };
}

export const flag: Domain<boolean> = {
  allows: (x) => typeof x === "boolean",
  allowed: "true or false",
  remedy: "Give one of them",
};

/**
 * The options with those left out at their fallbacks.
 * @throws HyperparameterError naming the option, for one that is missing, out of its domain, or not known.
 */
export function readOptions<T extends object>(kind: string, given: T, domains: Domains<T>): Required<T> {
  if (typeof given !== "object" || given === null) {
    throw new HyperparameterError(
      `${kind}: the options are no object (got ${show(given)}, allowed { ${Object.keys(domains).join(", ")} }). Name each.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(domains, name)) {
      const allowed = Object.keys(domains).join(", ");
      throw new HyperparameterError(
        `${kind}: there is no such option (got ${name}, allowed ${allowed}). Check its spelling.`,
      );
    }
  }
  const read: Partial<T> = {};
  for (const name of Object.keys(domains) as (keyof T & string)[]) {
    const { allows, allowed, remedy, fallback } = domains[name];
    const option = given[name] === undefined ? fallback : given[name];
    if (option === undefined || !allows(option as NonNullable<T[typeof name]>)) {
      const fault = option === undefined ? "is missing" : "cannot be used";
      throw new HyperparameterError(`${kind}: ${name} ${fault} (got ${show(option)}, allowed ${allowed}). ${remedy}.`);
    }
    read[name] = option as T[typeof name];
  }
  return read as Required<T>;
}

/**
 * The milestones, safe from later changes of the array.
 * @throws HyperparameterError where they are no integers >= 1 that rise.
 */
export function copyMilestones(kind: string, milestones: readonly number[]): readonly number[] {
  const rise = milestones.every((step, i) => Number.isSafeInteger(step) && step > (milestones[i - 1] ?? 0));
  if (!rise) {
    throw new HyperparameterError(
      `${kind}: the milestones do not rise (got ${show(milestones)}, allowed integers >= 1, each above the one before). ` +
        "Sort them and leave out what is there twice.",
    );
  }
  return [...milestones];
}

/** A value in four significant digits, such as 0.003 and 3e-4. */
export function formatValue(x: number): string {
  const rounded = Number(x.toPrecision(4));
  return rounded !== 0 && rounded < 1e-3 ? rounded.toExponential() : String(rounded);
}

export const formatSteps = (count: number): string => count.toLocaleString("en");

export const countSteps = (count: number): string => `${formatSteps(count)} ${count === 1 ? "step" : "steps"}`;

export function show(thing: unknown): string {
  if (Array.isArray(thing)) return `[${thing.map(show).join(", ")}]`;
  return typeof thing === "string" ? `"${thing}"` : String(thing);
}
