import { type Row, type RuleName, sidesFor } from "./rows/row.ts";

const ofMatrices: readonly RuleName[] = ["muon"];

/** Whether a rule takes nothing but matrices. */
export const takesMatrices = (rule: string): boolean => ofMatrices.some((name) => name === rule);

/** A tensor of so many elements that a rule takes: a vector or, where it has to be one, a matrix as square as they allow. */
export function shapeFor(rule: string, count: number): readonly number[] {
  if (!takesMatrices(rule)) return [count];
  let side = Math.max(Math.floor(Math.sqrt(count)), 1);
  while (count % side) side -= 1;
  const other = count / side;
  // By turns with more rows and with more columns.
  return other % 4 < 2 ? [other, side] : [side, other];
}

/** The same for a row, which may ask for matrices although its rule takes vectors too. */
export const shapeOf = (row: { rule: RuleName; shape?: Row["shape"] | undefined }, count: number): readonly number[] =>
  takesMatrices(row.rule) ? shapeFor(row.rule, count) : sidesFor(row, count);
