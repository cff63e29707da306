/** Which optimizers are measured. */
import type { Dtype, Profile, StateStorage, UpdateRule } from "../src/optim/index.ts";
import * as optim from "../src/optim/index.ts";

interface Numerics {
  readonly profile?: Profile;
  readonly states?: StateStorage;
}

/** How parameters and states are kept. */
interface Keeping {
  /** What it is called behind the rule's name; nothing for float32. */
  readonly words: string;
  readonly dtype: Dtype;
  readonly states: StateStorage;
}

/** A rule as it is measured. */
export interface BenchRule {
  /** Such as `adamw, amsgrad, torch profile`. */
  readonly name: string;
  readonly rule: UpdateRule;
  readonly dtype: Dtype;
  /** Measured at every size where an adapter is slow; the others at one. */
  readonly isCommon: boolean;
  /** The most parameters that it is measured with, where its work grows faster than they do. */
  readonly mostParameters: { readonly software: number; readonly hardware: number };
}

/** Every rule, and again with each option that brings a state. */
const makers: Readonly<Record<string, (numerics: Numerics) => UpdateRule>> = {
  sgd: (numerics) => optim.sgd(numerics),
  "sgd, momentum": (numerics) => optim.sgd({ ...numerics, momentum: 0.9 }),
  sgdw: (numerics) => optim.sgdw({ ...numerics, momentum: 0.9 }),
  adam: (numerics) => optim.adam(numerics),
  adamw: (numerics) => optim.adamw(numerics),
  "adamw, amsgrad": (numerics) => optim.adamw({ ...numerics, amsgrad: true }),
  rmsprop: (numerics) => optim.rmsprop(numerics),
  adagrad: (numerics) => optim.adagrad(numerics),
  adadelta: (numerics) => optim.adadelta(numerics),
  adamax: (numerics) => optim.adamax(numerics),
  nadam: (numerics) => optim.nadam(numerics),
  radam: (numerics) => optim.radam(numerics),
  adafactor: (numerics) => optim.adafactor(numerics),
  lion: (numerics) => optim.lion(numerics),
  adan: (numerics) => optim.adan(numerics),
  muon: (numerics) => optim.muon(numerics),
  lamb: (numerics) => optim.lamb(numerics),
  lars: (numerics) => optim.lars({ ...numerics, momentum: 0.9 }),
  stableAdamw: (numerics) => optim.stableAdamw(numerics),
  scheduleFreeAdamw: (numerics) => optim.scheduleFreeAdamw(numerics),
  scheduleFreeSgd: (numerics) => optim.scheduleFreeSgd(numerics),
};

const common = ["sgd", "adam", "adamw"];
/** Those whose states may be kept in fewer bits. */
const small = ["adam", "adamw", "nadam", "radam", "lion"];
const profiles: readonly Profile[] = ["accurate", "torch"];
const keepings: readonly Keeping[] = [
  { words: ", all in bf16", dtype: "bfloat16", states: "bfloat16" },
  { words: ", 8-bit states", dtype: "float32", states: "float8" },
];
const anySize = { software: Infinity, hardware: Infinity };
/** Muon multiplies matrices. */
const muonSizes = { software: 2 ** 16, hardware: 2 ** 22 };

/** Every rule in both profiles, and where its states may be kept in fewer bits, so too. */
export const benchRules: readonly BenchRule[] = Object.entries(makers).flatMap(([name, make]) => {
  const about = {
    isCommon: common.includes(name),
    mostParameters: name === "muon" ? muonSizes : anySize,
  };
  return [
    ...profiles.map((profile) => ({
      ...about,
      name: profile === "torch" ? `${name}, torch profile` : name,
      isCommon: about.isCommon && profile === "accurate",
      rule: make({ profile }),
      dtype: "float32" as const,
    })),
    ...(small.includes(name) ? keepings : []).map(({ words, dtype, states }) => ({
      ...about,
      name: `${name}${words}`,
      isCommon: false, // their integer arithmetic takes a software adapter seconds a step at 16M
      rule: make({ states }),
      dtype,
    })),
  ];
});

/** @throws RangeError where there is none of this name. */
export function benchRule(name: string): BenchRule {
  const found = benchRules.find((rule) => rule.name === name);
  if (found) return found;
  throw new RangeError(`bench: no rule of this name (got ${name}). Take one of ${Object.keys(makers).join(", ")}.`);
}
