import type { Gpu, Slab } from "../gpu/index.ts";
import { type BuiltUpdate, buildUpdate } from "./build.ts";
import { extrasOf, familiesOf, type RuleFamily, requireSupport } from "./families.ts";
import type { Guard } from "./gradients/guard.ts";
import { makeStates, noStates, type StateSlices } from "./makeStates.ts";
import type { CheckedOptions } from "./options.ts";
import { ParamGroup, type ParamGroupInput } from "./paramGroup.ts";
import type { Member } from "./roster.ts";
import type { Dtype } from "./storage.ts";
import { checkTensors } from "./tensors.ts";
import type { UpdateRule } from "./updateRule.ts";

/** What an optimizer was made with. */
interface Plan {
  /** Of groups that name no other. */
  readonly rule: UpdateRule;
  readonly options: CheckedOptions;
  readonly guard: Guard | undefined;
}

/** What an optimizer has. */
interface Present {
  readonly families: readonly RuleFamily[];
  readonly members: ReadonlyMap<string, Member>;
}

/** What an optimizer has to take over to have new groups. */
export interface Growth {
  readonly families: readonly RuleFamily[];
  readonly groups: readonly ParamGroup[];
  /** The new groups' states. */
  readonly slabs: readonly Slab[];
  readonly statesOf: (tensor: string) => StateSlices;
  /** The update of all groups together. */
  readonly built: BuiltUpdate;
  /** Gives back what was made, where it is not taken over. */
  release(): void;
}

/**
 * Makes what new groups need beside those that are there. Changes nothing that is in use.
 * @throws as `createOptimizer` does, by rejection, and keeps nothing then.
 */
export async function grow(
  gpu: Gpu,
  plan: Plan,
  present: Present,
  inputs: readonly ParamGroupInput[],
): Promise<Growth> {
  const { rule, options, guard } = plan;
  const members = [...present.members.values()];
  const given = inputs.flatMap((input) => input.tensors);
  const taken = members.map(({ tensor }) => tensor);
  const checked = checkTensors(given, gpu.limits, taken);
  const families = familiesOf(inputs, rule, present.families, options.around);
  const groups = inputs.map((input) => {
    const family = families.find((each) => each.rule === (input.rule ?? rule)) as RuleFamily;
    const tensors = checked.splice(0, input.tensors.length);
    for (const dtype of byDtype(tensors).keys()) requireSupport(family, dtype, gpu.limits);
    return new ParamGroup(family, tensors, input);
  });
  const slabs: Slab[] = [];
  const release = (): void => {
    for (const slab of slabs) slab.destroy();
  };
  try {
    const states = new Map<string, StateSlices>();
    for (const family of families) {
      const tensors = groups.filter((group) => group.family === family).flatMap((group) => group.tensors);
      for (const [dtype, alike] of byDtype(tensors)) {
        for (const [name, slices] of makeStates(gpu, family, dtype, alike, slabs)) states.set(name, slices);
      }
    }
    const statesOf = (name: string): StateSlices => states.get(name) ?? noStates;
    const old = members.map(({ tensor, cohort, states: own, pack }) => {
      return { family: cohort.paramGroup.family, ...tensor, states: own, pack };
    });
    const added = groups.flatMap(({ family, tensors }) =>
      tensors.map((tensor) => ({ family, ...tensor, ...statesOf(tensor.name) })),
    );
    const numbered = [...old, ...added].map((tensor, index) => ({ ...tensor, index }));
    const built = await buildUpdate(gpu, {
      families: families.flatMap((family) => {
        const alike = byDtype(numbered.filter((each) => each.family === family));
        return [...alike].map(([dtype, tensors]) => ({ ...family, dtype, extras: extrasOf(family, dtype), tensors }));
      }),
      around: options.around,
      gradients: options.gradients,
      guard,
    });
    const releaseAll = (): void => {
      built.release();
      release();
    };
    return { families, groups, slabs, statesOf, built, release: releaseAll };
  } catch (error) {
    release();
    throw error;
  }
}

function byDtype<T extends { readonly dtype: Dtype }>(tensors: readonly T[]): Map<Dtype, T[]> {
  const dtypes = new Set(tensors.map(({ dtype }) => dtype));
  return new Map([...dtypes].map((dtype) => [dtype, tensors.filter((tensor) => tensor.dtype === dtype)]));
}
