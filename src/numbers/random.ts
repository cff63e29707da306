/**
 * Random numbers without state: each is a pure function of a seed, a stream and an index, in 32-bit integer arithmetic
 * that WGSL and Python repeat exactly. Every argument is taken modulo 2^32.
 *
 * Streams are windows into one sequence of 2^32 values, so two streams of n draws each share values, shifted, with
 * probability 2n / 2^32. This is for initial weights, dropout and shuffling, never for secrets.
 *
 * Source: O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
 * Generation" (2014), the RXS-M-XS 32 variant, used as a hash as in Jarzynski & Olano, "Hash Functions for GPU
 * Rendering" (JCGT 9:3, 2020).
 */

/** One round of PCG RXS-M-XS 32 as a hash: a permutation of the unsigned 32-bit integers. */
export function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737);
  return ((word >>> 22) ^ word) >>> 0;
}

/** 32 random bits, as an unsigned integer: `pcg(index + pcg(stream + pcg(seed)))`, sums modulo 2^32. */
export function randomBits(seed: number, stream: number, index: number): number {
  return pcg(index + pcg(stream + pcg(seed)));
}

/** A uniform number in [0, 1): a multiple of 2^-24, so float32 holds it exactly. */
export function randomUniform(seed: number, stream: number, index: number): number {
  return (randomBits(seed, stream, index) >>> 8) * 2 ** -24;
}

/** A uniform number in [-1, 1): a multiple of 2^-23, so float32 holds it exactly. */
export function randomSigned(seed: number, stream: number, index: number): number {
  return (randomBits(seed, stream, index) >>> 8) * 2 ** -23 - 1;
}

/**
 * A normal number of mean 0 and variance 1, within ±5.8, in float64: the caller rounds it. It uses up the bits at
 * `2 * index` and `2 * index + 1` of its stream, so `index` stays below 2^31. The last float64 bits depend on the host's
 * `log` and `cos`.
 *
 * Source: Box & Muller, "A Note on the Generation of Random Normal Deviates" (1958).
 */
export function randomNormal(seed: number, stream: number, index: number): number {
  // One minus, so that the logarithm never sees zero.
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(seed, stream, 2 * index)));
  return radius * Math.cos(2 * Math.PI * randomUniform(seed, stream, 2 * index + 1));
}

/** A whole number from 0 to below `limit`, which is at most 2^32; some are favoured by at most `limit` parts in 2^32. */
export function randomBelow(limit: number, seed: number, stream: number, index: number): number {
  return below(limit, randomBits(seed, stream, index));
}

/**
 * The numbers 0 to count - 1 in random order. Choices among n places favour some by at most n parts in 2^32.
 *
 * @throws RangeError when `count` is not an integer from 0 to 2^32 - 1.
 * Source: Fisher & Yates, in the in-place form of Durstenfeld, "Algorithm 235: Random permutation" (1964).
 */
export function shuffled(count: number, seed: number, stream: number): Uint32Array<ArrayBuffer> {
  if (!Number.isInteger(count) || count < 0 || count > 0xffffffff) {
    throw new RangeError(`count: not a number of things (got ${count}, allowed 0 to 4294967295). Pass an integer.`);
  }
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const chosen = randomBelow(last + 1, seed, stream, last);
    const held = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = held;
  }
  return order;
}

/** floor(bits * limit / 2^32), exactly: the product itself would not fit the 53 bits of a float64. */
function below(limit: number, bits: number): number {
  const high = (bits >>> 16) * limit;
  const low = Math.floor(((bits & 0xffff) * limit) / 65536);
  return Math.floor((high + low) / 65536);
}
