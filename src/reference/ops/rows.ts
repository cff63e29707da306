import type { Round, Values } from "../numerics.ts";

/** Zeros of the same kind of numbers, as many as asked for. */
export function like(values: Values, length = values.length): Values {
  return values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** Calls `each` with every row of a matrix and the place of its first element. */
export function eachRow(values: Values, columns: number, each: (row: Values, at: number, index: number) => void): void {
  if (columns === 0) return;
  for (let at = 0, index = 0; at < values.length; at += columns, index++) {
    each(values.subarray(at, at + columns), at, index);
  }
}

/** The sum, in order. */
export function sumOf(values: Values, round: Round): number {
  let sum = 0;
  for (const value of values) sum = round(sum + value);
  return sum;
}

export function largestOf(values: Values): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}
