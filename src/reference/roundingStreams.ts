/** Which random bits are whose in stochastic rounding: see `randomBits` of src/numbers/random.ts. */

/** The seed of a tensor's t-th update (from 1): another one each time, for 2^32 updates. */
export const seedOfStep = (seed: number, t: number): number => (seed + Math.imul(t, 0x9e3779b9)) >>> 0;

const roles = { param: 0, m: 1, v: 2 } as const;

/** The stream of what is rounded: the parameter or a moment of a tensor, by its number among the optimizer's. */
export const streamOf = (tensor: number, role: keyof typeof roles): number => 3 * tensor + roles[role];
