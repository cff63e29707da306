import type { Variant } from "./variant.ts";

/** What says which states a rule has, and of what sides. */
export type Stateful = Pick<Variant, "state" | "stateShape" | "workspace">;

/** The sides that a state of a tensor has; undefined where such a tensor does not have it. */
export function shapeOfState(
  { state, stateShape }: Stateful,
  name: string,
  shape: readonly number[],
): readonly number[] | undefined {
  return stateShape && state.includes(name) ? stateShape(name, shape) : shape;
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Where states of sides of their own lie: in one slice a tensor, its pack, one behind the other. In floats. */
export interface PackLayout {
  readonly states: ReadonlyMap<string, { readonly first: number; readonly elements: number }>;
  /** Where the passes' memory begins. */
  readonly workspace: number;
  readonly elements: number;
}

/** Each begins where a binding may: a multiple of 256 bytes. */
const multiple = 64;

export function packLayout(variant: Stateful, shape: readonly number[]): PackLayout {
  const states = new Map<string, { first: number; elements: number }>();
  let first = 0;
  for (const name of variant.state) {
    const sides = shapeOfState(variant, name, shape);
    if (!sides) continue;
    const elements = elementsOf(sides);
    states.set(name, { first, elements });
    first = Math.ceil((first + elements) / multiple) * multiple;
  }
  return { states, workspace: first, elements: first + (variant.workspace?.(shape) ?? 0) };
}
