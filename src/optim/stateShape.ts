import type { Variant } from "./variant.ts";

/** The sides that a state of a tensor has; undefined where such a tensor does not have that state. */
export function shapeOfState(
  { stateShape }: Variant,
  state: string,
  shape: readonly number[],
): readonly number[] | undefined {
  return stateShape ? stateShape(state, shape) : shape;
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
