import { Decay } from "./decay.ts";
import { HyperparameterError } from "./errors.ts";
import { type HyperInput, type HyperValues, valuesAt, withDefaults } from "./hyperparameters.ts";
import type { Scalar } from "./schedules/schedule.ts";
import { type StateStorage, stateStorages } from "./storage.ts";
import type { OptimizerTensor } from "./tensors.ts";

import type { Profile, Variant } from "./variant.ts";

/** What a rule takes: PyTorch's names, each with a default; numbers may also be functions of the step. */
export type RuleOptions<H> = {
  [K in keyof H]?: H[K] extends number ? (K extends "weightDecay" ? Scalar | Decay : Scalar) : H[K];
} & DecayOptions &
  Partial<Numerics>;

/** How a rule computes, and in how many bits it keeps what it computes. */
export interface Numerics {
  readonly profile: Profile;
  /**
   * How the moments `m` and `v` are kept: in `float32`, in `bfloat16`, or in `float8`, 8 bits an element and a scale for each
   * 256 of them. The step is made of them before they are narrowed, and they are rounded stochastically: see `seed` of the
   * optimizer. For rules on Adam's moments, and lion.
   */
  readonly states: StateStorage;
}

/** What every rule can be asked for. */
export interface DecayOptions {
  /** The decay pulls towards the weights as they were before the first update, not towards zero: L2-SP. State: `start`. */
  towardsStart?: boolean;
  /** Only weights whose step pulls the same way decay. For rules that decouple, in the accurate profile. */
  cautious?: boolean;
}

type NamedShape = Pick<OptimizerTensor, "name" | "shape">;

/**
 * `coupled`: the decay enters the gradient (L2 regularization). `decoupled`: it shrinks the weight itself. `averaged`: it
 * shrinks the points that the weight is an average of, so that no step takes a share of its own off the weight. `scaled`: it
 * is a part of the step, whose length is then set by something else.
 */
export type DecayKind = "coupled" | "decoupled" | "averaged" | "scaled";

/** Numbers that a rule keeps of a tensor's updates so far, beside its states. */
export type Memory = Readonly<Record<string, number>>;

/** All that makes an update rule: what `src/optim/rules/` writes down. */
export interface RuleDefinition<H> {
  readonly name: string;
  readonly defaults: H;
  readonly decay: DecayKind | ((hyper: H) => DecayKind);
  /** Options that ask for other state: one value for all groups, from the start. */
  readonly switches?: readonly (keyof H & string)[];
  /** Whether its moments may be kept in fewer bits than 32. */
  readonly hasSmallStates?: true;
  /** Numbers that say which kernels there are: one value for all groups and steps. */
  readonly fixed?: readonly (keyof H & string)[];
  /** @throws ShapeError naming a tensor that the rule cannot update. */
  checkTensor?(tensor: NamedShape): void;
  /**
   * `uses` tells whether a hyperparameter is, or may become, anything but 0 or false; `hyper` has those that are fixed, and
   * `states` says how the moments are kept: in `float32` for rules without `hasSmallStates`.
   */
  variant(uses: (name: keyof H) => boolean, hyper: H, states: StateStorage): Variant;
  /**
   * The fields of the shader's `struct Hyper`, in its order, at step t (1 at the first). In float64: they are rounded to
   * float32 once, when they are written.
   */
  scalars(hyper: H, t: number, profile: Profile, memory: Memory): Record<string, number>;
  /** The memory after step t, from the one before it (empty at the first): where `scalars` need more than step t's values. */
  remember?(before: Memory, hyper: H, t: number): Memory;
  /** Where the weights to evaluate with are, if not where they are trained: `share` of the way from there to a state. */
  readonly evaluation?: { readonly state: string; share(hyper: H): number };
}

/** An update rule with its hyperparameters: what `createOptimizer` takes. */
export interface UpdateRule {
  readonly name: string;
  readonly profile: Profile;
  readonly decay: DecayKind;
  /** See `RuleDefinition.switches`. */
  readonly switches: readonly string[];
  /** See `RuleDefinition.fixed`. */
  readonly fixed: readonly string[];
  /** See `RuleDefinition.checkTensor`. */
  checkTensor(tensor: NamedShape): void;
  /** The hyperparameters at step t, checked. */
  hyperAt(t: number): HyperValues;
  /** See `RuleDefinition.scalars`. */
  scalars(hyper: HyperValues, t: number, memory?: Memory): Record<string, number>;
  /** See `RuleDefinition.remember`; empty for rules that remember nothing. */
  remember(before: Memory, hyper: HyperValues, t: number): Memory;
  /** See `RuleDefinition.evaluation`. */
  readonly evaluation: RuleDefinition<HyperValues>["evaluation"];
  /** See `RuleDefinition.variant`. */
  variant(uses: (name: string) => boolean): Variant;
  /** Whether a hyperparameter is, or may become, anything but 0 or false. */
  uses(name: string): boolean;
  /** The same rule with some hyperparameters replaced. */
  with(options: HyperInput): UpdateRule;
}

/**
 * Makes a rule's constructor, such as `adamw`, out of its definition.
 * @throws HyperparameterError, from the constructor, for a value that the rule cannot use.
 */
export function defineRule<H extends object>(definition: RuleDefinition<H>): (options?: RuleOptions<H>) => UpdateRule {
  return ({ profile = "accurate", states = "float32", ...options } = {}) => {
    if (profile !== "accurate" && profile !== "torch") {
      throw new HyperparameterError(
        `${definition.name}: profile must be "accurate" or "torch", got ${String(profile)}.`,
      );
    }
    checkStates(definition.name, states, definition.hasSmallStates ?? false);
    const { decay } = definition;
    const canBeCautious = (decay === "decoupled" || typeof decay === "function") && { cautious: false };
    const defaults = { ...definition.defaults, towardsStart: false, ...canBeCautious } as HyperInput;
    return build(
      definition as unknown as RuleDefinition<HyperValues>,
      { profile, states },
      withDefaults(definition.name, defaults, options as HyperInput),
    );
  };
}

function build(definition: RuleDefinition<HyperValues>, numerics: Numerics, input: HyperInput): UpdateRule {
  const { profile, states } = numerics;
  const { name, decay } = definition;
  const first = valuesAt(name, input, 1);
  const kind = typeof decay === "function" ? decay(first) : decay;
  checkDecay(name, profile, kind, input);
  const { fixed = [] } = definition;
  for (const each of fixed) requireFixed(name, each, input[each], first[each]);
  // A step is asked for several times, by the tensors that decay and those that do not.
  let last = { t: 1, values: first };
  return {
    name,
    profile,
    decay: kind,
    switches: [...(definition.switches ?? []), "towardsStart", "cautious"],
    fixed,
    checkTensor: (tensor) => definition.checkTensor?.(tensor),
    hyperAt: (t) => {
      if (last.t !== t) last = { t, values: valuesAt(name, input, t) };
      return last.values;
    },
    scalars: (hyper, t, memory = {}) => definition.scalars(hyper, t, profile, memory),
    remember: (before, hyper, t) => definition.remember?.(before, hyper, t) ?? before,
    evaluation: definition.evaluation,
    variant: (uses) => {
      const towards = uses("towardsStart") ? "toStart" : uses("cautious") ? "cautious" : "toZero";
      return { ...definition.variant(uses, first, states), decay: towards };
    },
    uses: (key) => Boolean(input[key]),
    with: (options) => {
      const rule = build(definition, numerics, withDefaults(name, input, options));
      for (const each of fixed) requireFixed(name, each, rule.hyperAt(1)[each], first[each]);
      return rule;
    },
  };
}

function checkStates(name: string, states: StateStorage, hasSmallStates: boolean): void {
  if (!stateStorages.includes(states)) {
    throw new HyperparameterError(
      `${name}: states must be ${stateStorages.map((each) => `"${each}"`).join(" or ")}, got ${String(states)}.`,
    );
  }
  if (states === "float32" || hasSmallStates) return;
  throw new HyperparameterError(
    `${name}: its states cannot be kept in ${states} (got "${states}", allowed "float32"). Rules on Adam's moments, and lion, can.`,
  );
}

function requireFixed(rule: string, name: string, value: unknown, fixed: unknown): void {
  if (value === fixed) return;
  throw new HyperparameterError(
    `${rule}: ${name} must be one number for all groups and steps (got ${value}, allowed ${fixed}). Give the others a rule of ` +
      "their own.",
  );
}

const ways = {
  coupled: "goes through the gradient",
  averaged: "is averaged over the steps",
  scaled: "is scaled with the step",
} as const;

function checkDecay(name: string, profile: Profile, kind: DecayKind, input: HyperInput): void {
  if (kind !== "decoupled" && input.weightDecay instanceof Decay) {
    throw new HyperparameterError(
      `${name}: its decay ${ways[kind]}, so it has no shrink of its own (got ${input.weightDecay}, allowed a ` +
        "number or a function of the step). Use a rule that decouples, such as sgdw or adamw.",
    );
  }
  if (!input.cautious) return;
  if (kind === "coupled" || profile === "torch" || input.towardsStart) {
    const got = kind === "coupled" ? "a coupled decay" : profile === "torch" ? "the torch profile" : "towardsStart";
    throw new HyperparameterError(
      `${name}: cautious is for a decoupled decay towards zero in the accurate profile, got it with ${got}. Leave one out.`,
    );
  }
}
