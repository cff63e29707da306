import type { Round } from "./numerics.ts";

/** ln 2 in two parts, the first with so few bits that n times it is exact. */
const ln2High = 0.693359375;
const ln2Low = -0.00021219444;

/**
 * e^x for x ≤ 0, operation by operation as in `shaders/engine/parts/exponential.wgsl`. Below -87 it is 0. In float64 the
 * polynomial's own error shows: 5e-9, relative.
 *
 * Source: Cody & Waite, "Software Manual for the Elementary Functions" (1980), chapter 6.
 */
export function exponential(x: number, round: Round): number {
  if (x < -87) return 0;
  const n = Math.floor(round(round(x * round(Math.LOG2E)) + 0.5));
  const r = round(round(x - round(n * ln2High)) - round(n * round(ln2Low)));
  let sum = round(round(r * round(1 / 5040)) + round(1 / 720));
  sum = round(round(sum * r) + round(1 / 120));
  sum = round(round(sum * r) + round(1 / 24));
  sum = round(round(sum * r) + round(1 / 6));
  sum = round(round(sum * r) + 0.5);
  sum = round(round(sum * r) + 1);
  sum = round(round(sum * r) + 1);
  return sum * 2 ** n;
}
