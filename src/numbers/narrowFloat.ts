/**
 * Float32 numbers in fewer bits, by integer arithmetic alone: the twin of `shaders/numbers/narrowFloat.wgsl`.
 *
 * A format has `mantissaBits` behind the point and a `lowest` full binade, given as its biased float32 exponent; below it
 * the numbers are evenly spaced. bfloat16 is (7, 1), binary16 is (10, 113). Numbers too large for a format's exponent run
 * into the bits above it: for bfloat16 and binary16 that is infinity, as IEEE 754 has it.
 */
export interface NarrowFormat {
  readonly mantissaBits: number;
  readonly lowest: number;
}

/** Chooses between the two neighbours: `bits`, of which the last `shift` are to go, without them. */
type Cut = (bits: number, shift: number) => number;

/** The nearest neighbour; in the middle the one whose last bit is 0. */
const nearestEven: Cut = (bits, shift) => (bits + 2 ** (shift - 1) - 1 + ((bits >>> shift) & 1)) >>> shift;

/** The upper neighbour as often as the number is close to it, over all `random` words: right in the mean. */
const stochastic =
  (random: number): Cut =>
  (bits, shift) =>
    (bits + (random >>> (32 - shift))) >>> shift;

/** The code of a magnitude, given as float32 bits without a sign. */
function narrow(bits: number, { mantissaBits, lowest }: NarrowFormat, cut: Cut): number {
  const binade = Math.min(Math.max(bits >>> 23, 1), lowest);
  const shift = 23 - mantissaBits + lowest - binade;
  // Beyond 31 it is less than 2^-7 of a step.
  return shift > 31 ? 0 : cut((bits - (binade - 1) * 2 ** 23) >>> 0, shift);
}

/** The code of the magnitude with these float32 bits, rounded to the nearest, ties to even. */
export const narrowNearest = (bits: number, format: NarrowFormat): number => narrow(bits, format, nearestEven);

/** The code of the magnitude with these float32 bits, rounded up or down at random; `random` is 32 random bits. */
export const narrowStochastic = (bits: number, format: NarrowFormat, random: number): number =>
  narrow(bits, format, stochastic(random));

/** The magnitude that a code stands for. The format's `lowest` must be above its `mantissaBits`. */
export function widen(code: number, { mantissaBits, lowest }: NarrowFormat): number {
  if (code >>> mantissaBits === 0) return code * 2 ** (lowest - 127 - mantissaBits);
  return floatOf(code * 2 ** (23 - mantissaBits) + (lowest - 1) * 2 ** 23);
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of a float32. */
export function bitsOf(x: number): number {
  float[0] = x;
  return word[0] as number;
}

/** The float32 with these bits. */
export function floatOf(bits: number): number {
  word[0] = bits;
  return float[0] as number;
}
