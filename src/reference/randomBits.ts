/**
 * The random bits of stochastic rounding: a pure function of a seed, a stream and an index, in 32-bit integers, all taken
 * modulo 2^32. `src/engine/random.ts` has the same ones, and says where they come from; the rooms do not import each other.
 */
export function randomBits(seed: number, stream: number, index: number): number {
  return pcg(index + pcg(stream + pcg(seed)));
}

/** PCG RXS-M-XS 32 as a hash. */
function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737);
  return ((word >>> 22) ^ word) >>> 0;
}

/** The seed of a tensor's t-th update (from 1): another one each time, for 2^32 updates. */
export const seedOfStep = (seed: number, t: number): number => (seed + Math.imul(t, 0x9e3779b9)) >>> 0;

const roles = { param: 0, m: 1, v: 2 } as const;

/** The stream of what is rounded: the parameter or a moment of a tensor, by its number among the optimizer's. */
export const streamOf = (tensor: number, role: keyof typeof roles): number => 3 * tensor + roles[role];
