import type { Round, Values } from "../numerics.ts";
import { zeros } from "./zeros.ts";

/** x is [batches, times, heads, depth], depth being even. */
export interface RotaryShape {
  readonly times: number;
  readonly heads: number;
  readonly depth: number;
  readonly base: number;
  /** Whether to turn back. */
  readonly isInverse: boolean;
}

/**
 * Elements i and i + depth / 2 of each head turned as a pair by the angle t · base^(−2i / depth), whose cosine and sine are
 * computed in float64. Su et al. (2021), https://arxiv.org/abs/2104.09864, section 3.2.2.
 */
export function rotary(x: Values, { times, heads, depth, base, isInverse }: RotaryShape, round: Round): Values {
  const y = zeros(x, x.length);
  const half = depth / 2;
  for (let at = 0, row = 0; at < x.length; at += depth, row++) {
    const time = Math.floor(row / heads) % times;
    for (let i = 0; i < half; i++) {
      const angle = time * base ** ((-2 * i) / depth);
      const [cos, sin] = [round(Math.cos(angle)), round(isInverse ? -Math.sin(angle) : Math.sin(angle))];
      const [first, second] = [x[at + i] as number, x[at + i + half] as number];
      y[at + i] = round(round(first * cos) - round(second * sin));
      y[at + i + half] = round(round(second * cos) + round(first * sin));
    }
  }
  return y;
}
