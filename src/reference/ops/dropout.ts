import { randomBits } from "../../numbers/random.ts";
import type { Round, Values } from "../numerics.ts";

/**
 * x / (1 − rate) where the uniform number of an element, a multiple of 2^-24, is `rate` or more; else 0. Each key is for
 * one of as many equal parts of x.
 */
export function dropout(x: Values, keys: Uint32Array, stream: number, rate: number, round: Round): Values {
  const scale = round(1 / (1 - rate));
  const part = x.length / keys.length;
  return x.map((value, i) => {
    const bits = randomBits(keys[Math.floor(i / part)] as number, stream, i % part);
    return (bits >>> 8) * 2 ** -24 < rate ? 0 : round(value * scale);
  });
}
