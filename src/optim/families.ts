import { LimitError, type Limits } from "../gpu/index.ts";
import { HyperparameterError } from "./errors.ts";
import type { HyperInput } from "./hyperparameters.ts";
import { bindingOf, measureOf } from "./parts.ts";
import type { UpdateRule } from "./updateRule.ts";
import type { Around, Variant } from "./variant.ts";

/** A rule of an optimizer with the shader and the states that its groups ask for. Groups of one rule share a dispatch. */
export interface RuleFamily {
  readonly rule: UpdateRule;
  /** Which hyperparameters any of its groups uses. */
  readonly has: (name: string) => boolean;
  readonly variant: Variant;
  /** The optimizer's own states beside the rule's, by name, with their bindings in bind group 1. */
  readonly extras: Readonly<Record<string, number>>;
  /** Names of all states, in order. */
  readonly states: readonly string[];
}

/** What a new group asks for. */
interface RuleInput {
  readonly rule?: UpdateRule;
  readonly hyper?: HyperInput;
}

/**
 * The families of new groups: those that are there already, and new ones for rules that are not.
 * @throws HyperparameterError where groups of one rule ask for different shaders.
 */
export function familiesOf(
  inputs: readonly RuleInput[],
  defaultRule: UpdateRule,
  known: readonly RuleFamily[],
  around: Around,
): RuleFamily[] {
  const families = [...known];
  for (const rule of new Set(inputs.map((input) => input.rule ?? defaultRule))) {
    if (families.some((family) => family.rule === rule)) continue;
    const members = inputs.filter((input) => (input.rule ?? defaultRule) === rule);
    families.push(familyOf(rule, members, around));
  }
  return families;
}

function familyOf(rule: UpdateRule, inputs: readonly RuleInput[], around: Around): RuleFamily {
  const rules = inputs.map((input) => rule.with(input.hyper ?? {}));
  for (const name of rule.switches) {
    if (new Set(rules.map((each) => each.uses(name))).size === 1) continue;
    throw new HyperparameterError(
      `${rule.name}: ${name} must be the same in all groups, got true and false. Give the others a rule of their own.`,
    );
  }
  const has = (name: string): boolean => rules.some((each) => each.uses(name));
  const variant = rule.variant(has);
  const extras = {
    ...(around.hasAverage && { average: bindingOf.average }),
    ...(variant.decay === "toStart" && { start: bindingOf.start }),
  };
  return { rule, has, variant, extras, states: [...variant.state, ...Object.keys(extras)] };
}

/**
 * Whether the device can bind all that a rule's kernel works on.
 * @throws LimitError naming the rule.
 */
export function requireBindings({ rule, variant, states }: RuleFamily, limits: Limits): void {
  const needed = 4 + states.length + (measureOf(variant) ? 1 : 0);
  const { maxStorageBuffersPerShaderStage: allowed } = limits;
  if (needed <= allowed) return;
  throw new LimitError(
    `${rule.name}: its update works on more storage buffers than this device binds (got ${needed}, allowed ${allowed}). ` +
      "Leave out the average of the weights, or an option that brings a state.",
  );
}

/** Bytes read and written a parameter and step by a rule's own kernels: parameter and states both ways, the gradient once. */
export function bytesOf({ variant, extras }: RuleFamily): number {
  const own = variant.bytes ?? 4 * (3 + 2 * variant.state.length);
  return own + ("average" in extras ? 8 : 0) + ("start" in extras ? 4 : 0);
}
