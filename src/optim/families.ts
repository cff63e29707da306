import { LimitError, type Limits } from "../gpu/index.ts";
import { HyperparameterError } from "./errors.ts";
import type { CheckedGradients } from "./gradients/options.ts";
import type { HyperInput } from "./hyperparameters.ts";
import { bindingOf, measureOf } from "./parts.ts";
import { blockSize, type Dtype, dtypeBytes, isHalf, kindBytes, type StateKind } from "./storage.ts";
import type { CheckedTensor } from "./tensors.ts";
import { workgroupSizeOf } from "./tiles.ts";
import type { UpdateRule } from "./updateRule.ts";
import type { Around, Variant } from "./variant.ts";

/** A rule of an optimizer with the shader and the states that its groups ask for. Groups of one rule share a dispatch. */
export interface RuleFamily {
  readonly rule: UpdateRule;
  /** Which hyperparameters any of its groups uses. */
  readonly has: (name: string) => boolean;
  readonly variant: Variant;
  readonly around: Around;
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
  return { rule, has, variant: rule.variant(has), around };
}

type Keeping = Pick<RuleFamily, "variant" | "around">;

/** The optimizer's own states beside the rule's, by name, with their bindings in bind group 1, for tensors of a dtype. */
export function extrasOf({ variant, around }: Keeping, dtype: Dtype): Record<string, number> {
  const scales = (["m", "v"] as const).filter((state) => variant.kinds?.[state] === "float8");
  return {
    ...(around.hasAverage && { average: bindingOf.average }),
    ...(variant.decay === "toStart" && { start: bindingOf.start }),
    ...(around.hasMasters && isHalf(dtype) && { master: bindingOf.master }),
    ...Object.fromEntries(scales.map((state) => [`${state}Scale`, bindingOf[`${state}Scale`]])),
  };
}

/** What the states of tensors of a dtype are arrays of, by their names in order, but those that are packed. */
export function kindsOf(family: Keeping, dtype: Dtype): [string, StateKind][] {
  const { state, stateShape, kinds = {} } = family.variant;
  const names = [...(stateShape ? [] : state), ...Object.keys(extrasOf(family, dtype))];
  return names.map((name) => [name, kinds[name] ?? (name.endsWith("Scale") ? "scale" : "float32")]);
}

/**
 * Whether a rule's kernels can work on tensors of a dtype, on this device.
 * @throws LimitError or HyperparameterError naming the rule.
 */
export function requireSupport(family: RuleFamily, dtype: Dtype, limits: Limits): void {
  const { rule, variant } = family;
  if (isHalf(dtype) && variant.passes?.length) {
    throw new HyperparameterError(
      `${rule.name}: it works on float32 tensors, got one of ${dtype}. Give it another rule.`,
    );
  }
  const own = kindsOf(family, dtype).length + (variant.stateShape ? 1 : 0) + (variant.scratch?.length ?? 0);
  const needed = 4 + own + (measureOf(variant) ? 1 : 0);
  const { maxStorageBuffersPerShaderStage: allowed } = limits;
  if (needed > allowed) {
    throw new LimitError(
      `${rule.name}: its update works on more storage buffers than this device binds (got ${needed}, allowed ${allowed}). ` +
        "Leave out the average of the weights, or an option that brings a state.",
    );
  }
  const [lanes, inBlock] = [workgroupSizeOf(limits), blockSize / 4];
  if (lanes >= inBlock || !Object.values(variant.kinds ?? {}).includes("float8")) return;
  throw new LimitError(
    `${rule.name}: float8 states need workgroups of ${inBlock} lanes on this device (got ${lanes}, allowed ${inBlock} or ` +
      "more). Keep them in bfloat16.",
  );
}

/**
 * Bytes read and written a parameter and step: parameter and states both ways, the gradient once. Of a parameter that is a
 * copy of its master only the writing counts, and of where the weights began the reading.
 */
function bytesOf(family: RuleFamily, { dtype, shape }: CheckedTensor): number {
  const { variant, around } = family;
  const element = dtypeBytes(dtype);
  const { bytes = (isHalf(dtype) && around.hasMasters ? 2 : 3) * element } = variant;
  const own = typeof bytes === "function" ? bytes(shape) : bytes;
  const added = kindsOf(family, dtype).filter(([name]) => variant.bytes === undefined || !variant.state.includes(name));
  return own + added.reduce((sum, [name, kind]) => sum + kindBytes(kind) * (name === "start" ? 1 : 2), 0);
}

/** The same on average over tensors, with another read of the gradient to look at it, and a write to zero it. */
export function meanBytes(
  members: Iterable<{ tensor: CheckedTensor; cohort: { paramGroup: { family: RuleFamily } } }>,
  { isGuarded, zero }: CheckedGradients,
): number {
  let [bytes, elements] = [0, 0];
  for (const { tensor, cohort } of members) {
    const around = (Number(isGuarded) + Number(zero)) * dtypeBytes(tensor.dtype);
    bytes += tensor.elements * (bytesOf(cohort.paramGroup.family, tensor) + around);
    elements += tensor.elements;
  }
  return elements > 0 ? bytes / elements : 0;
}

/** The rules of an optimizer, in words. */
export const nameOf = (families: readonly RuleFamily[]): string => families.map(({ rule }) => rule.name).join("+");
