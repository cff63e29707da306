import type { Round, Values } from "../numerics.ts";
import { like } from "./rows.ts";

/** The sizes of x [batches, times, heads, depth], of an even depth. */
export interface RotaryShape {
  readonly times: number;
  readonly heads: number;
  readonly depth: number;
  readonly base: number;
  /** Turns the other way round, which is the gradient. */
  readonly inverse: boolean;
}

/**
 * Turns each pair (x[i], x[i + depth / 2]) by t base^(-2i / depth) at the time t. Su et al. (2021),
 * https://arxiv.org/abs/2104.09864, section 3.2.2, with GPT-NeoX's pairs.
 */
export function rotary(x: Values, { times, heads, depth, base, inverse }: RotaryShape, round: Round): Values {
  const y = like(x);
  const half = depth / 2;
  for (let row = 0; row * depth < x.length; row++) {
    const time = Math.floor(row / heads) % times;
    for (let i = 0; i < half; i++) {
      const angle = time * base ** ((-2 * i) / depth);
      const cosine = round(Math.cos(angle));
      const sine = round(inverse ? -Math.sin(angle) : Math.sin(angle));
      const a = x[row * depth + i] as number;
      const b = x[row * depth + i + half] as number;
      y[row * depth + i] = round(round(a * cosine) - round(b * sine));
      y[row * depth + i + half] = round(round(b * cosine) + round(a * sine));
    }
  }
  return y;
}
