import { type Gpu, LimitError, type Limits, layoutSlab, Slab, type Slice, scaledLayout } from "../gpu/index.ts";
import { kindsOf, type RuleFamily } from "./families.ts";
import { packLayout } from "./stateShape.ts";
import { alignmentOf, type Dtype, kindBytes, type StateKind, type StateSlice } from "./storage.ts";
import type { CheckedTensor } from "./tensors.ts";

/** The memory that an optimizer keeps for one tensor. */
export interface StateSlices {
  /** By the names of the states. */
  readonly states: ReadonlyMap<string, StateSlice>;
  /** All states that are not of the tensor's sides, and what else the rule keeps: see `Variant.stateShape`. */
  readonly pack: Slice | undefined;
}

export const noStates: StateSlices = { states: new Map(), pack: undefined };

/**
 * Makes the states of a family's new tensors of a dtype, by the tensors' names: a slab for each, or one for all that are
 * packed. `slabs` takes them.
 */
export function makeStates(
  { pool, limits }: Gpu,
  family: RuleFamily,
  dtype: Dtype,
  tensors: readonly CheckedTensor[],
  slabs: Slab[],
): Map<string, StateSlices> {
  const { rule, variant } = family;
  const kinds = kindsOf(family, dtype);
  const alignment = alignmentOf(kinds.map(([, kind]) => kind));
  const make = (what: string, entries: readonly { name: string; elements: number }[], kind: StateKind): Slab => {
    const layout = scaledLayout(layoutSlab(entries, limits.maxBufferSize, alignment), kindBytes(kind));
    const slab = new Slab(pool, layout, `optim/${rule.name} ${what}`);
    slabs.push(slab);
    return slab;
  };
  const packed = tensors.map(({ name, shape }) => {
    const { elements } = packLayout(variant, shape);
    if (variant.stateShape && shape.length > 1) requireBinding(name, rule.name, elements * 4, limits);
    return { name, elements };
  });
  const packs = variant.stateShape && make("states", packed, "float32");
  const made = kinds.map(([state, kind]) => [state, kind, make(state, tensors, kind)] as const);
  return new Map(
    tensors.map(({ name, shape }) => {
      const pack = packs?.slice(name);
      const own = pack ? [...packLayout(variant, shape).states] : [];
      const states = [
        ...own.map(([state, { first, elements }]) => [state, within(pack as Slice, first, elements)] as const),
        ...made.map(([state, kind, slab]) => [state, { ...slab.slice(name), kind }] as const),
      ];
      return [name, { states: new Map(states), pack }];
    }),
  );
}

/** What is packed of a matrix is bound whole: any of its elements may need any of it. */
function requireBinding(tensor: string, rule: string, bytes: number, limits: Limits): void {
  const { maxStorageBufferBindingSize: allowed } = limits;
  if (bytes <= allowed) return;
  throw new LimitError(
    `tensor "${tensor}": ${rule} binds its states whole (got ${bytes} bytes, allowed ${allowed}). Split it in two.`,
  );
}

const within = ({ buffer, offset }: Slice, first: number, elements: number): StateSlice => ({
  buffer,
  offset: offset + first * 4,
  size: Math.ceil(elements / 4) * 16,
  kind: "float32",
});
