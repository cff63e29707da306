import { bitsOf, floatOf, type NarrowFormat, narrowNearest, narrowStochastic, widen } from "./narrowFloat.ts";

/** bfloat16: the upper half of a float32. */
const bfloat16: NarrowFormat = { mantissaBits: 7, lowest: 1 };
/** IEEE 754 binary16: full numbers from 2^-14 to 65504, below in steps of 2^-24. */
const float16: NarrowFormat = { mantissaBits: 10, lowest: 113 };

/** `random` is 32 random bits for stochastic rounding; without them it is to the nearest, ties to even. */
export function toBfloat16(x: number, random?: number): number {
  return narrowHalf(x, bfloat16, 0x7f80, random);
}

export const fromBfloat16 = (code: number): number => floatOf(code * 2 ** 16);

/** As `toBfloat16`. Numbers beyond 65504 become infinite, the nearest from 65520 on. */
export function toFloat16(x: number, random?: number): number {
  return narrowHalf(x, float16, 0x7c00, random);
}

export function fromFloat16(code: number): number {
  const magnitude = code & 0x7fff;
  const sign = code & 0x8000 ? -1 : 1;
  if (magnitude > 0x7c00) return Number.NaN;
  return sign * (magnitude === 0x7c00 ? Infinity : widen(magnitude, float16));
}

function narrowHalf(x: number, format: NarrowFormat, infinity: number, random: number | undefined): number {
  const bits = bitsOf(x);
  const magnitude = bits & 0x7fffffff;
  const sign = (bits >>> 16) & 0x8000;
  if (magnitude > 0x7f800000) return sign | infinity | (infinity >>> 1);
  const code = random === undefined ? narrowNearest(magnitude, format) : narrowStochastic(magnitude, format, random);
  return sign | Math.min(code, infinity);
}
