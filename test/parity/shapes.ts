import type { RuleName } from "./rows/row.ts";

/** Rules that take nothing but matrices. */
const ofMatrices: readonly RuleName[] = ["muon"];

/** A tensor of so many elements that a rule takes: a vector or, where it has to be one, a matrix as square as they allow. */
export function shapeFor(rule: string, count: number): readonly number[] {
  if (!ofMatrices.some((name) => name === rule)) return [count];
  let side = Math.max(Math.floor(Math.sqrt(count)), 1);
  while (count % side) side -= 1;
  const other = count / side;
  // By turns with more rows and with more columns.
  return other % 4 < 2 ? [other, side] : [side, other];
}
