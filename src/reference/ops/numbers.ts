import { float64, type Round, type Values } from "../numerics.ts";

/** The elements of a tensor: numbers, or the indices of a uint32 one. */
export type Numbers = Values | Uint32Array;

/** Zeros of the kind that `x` is. */
export function like(x: Numbers, count: number): Numbers {
  if (x instanceof Uint32Array) return new Uint32Array(count);
  return x instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
}

/** Zeros of the precision of a rounding. */
export const valuesFor = (round: Round, count: number): Values =>
  round === float64 ? new Float64Array(count) : new Float32Array(count);
