import type { Values } from "../numerics.ts";

/** Zeros of the kind that `like` is. */
export const zeros = (like: Values, count: number): Values =>
  like instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
