import { ShapeError } from "../errors.ts";
import type { OptimizerTensor } from "../tensors.ts";

/** Rows and columns of a tensor as Muon takes it. */
export type Sides = readonly [rows: number, columns: number];

/**
 * A matrix's own sides; of a convolution's kernel [out, in, height, width], as in Keller Jordan's code, [out, in height width].
 * Undefined for anything else: it is none.
 */
export function sidesOf(shape: readonly number[]): Sides | undefined {
  const [rows, ...others] = shape;
  if (rows === undefined || (shape.length !== 2 && shape.length !== 4)) return undefined;
  return [rows, others.reduce((product, side) => product * side, 1)];
}

/** @throws ShapeError naming a tensor that is no matrix. */
export function requireMatrix({ name, shape }: Pick<OptimizerTensor, "name" | "shape">): Sides {
  const sides = sidesOf(shape);
  if (sides) return sides;
  throw new ShapeError(
    `tensor "${name}": muon takes matrices (got [${shape.join(", ")}], allowed two sides, or the four of a convolution). ` +
      "Give it to adamw: splitForMuon does.",
  );
}

/** How much longer a step is for a matrix of these sides: see `muon`'s `adjust`. */
export function adjustments([rows, columns]: Sides): { readonly original: number; readonly matchRmsAdamw: number } {
  return { original: Math.sqrt(Math.max(1, rows / columns)), matchRmsAdamw: 0.2 * Math.sqrt(Math.max(rows, columns)) };
}
