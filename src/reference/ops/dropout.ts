import { randomBits } from "../../numbers/random.ts";
import type { Round, Values } from "../numerics.ts";

/** x / (1 − rate) where the uniform number of an element, a multiple of 2^-24, is `rate` or more; else 0. */
export function dropout(x: Values, key: number, stream: number, rate: number, round: Round): Values {
  const scale = round(1 / (1 - rate));
  return x.map((value, i) => ((randomBits(key, stream, i) >>> 8) * 2 ** -24 < rate ? 0 : round(value * scale)));
}
