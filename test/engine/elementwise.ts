import type { Gpu } from "../../src/gpu/index.ts";

/** A unit in the last place of a float32 number. */
export const ulp = (x: number): number => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126))) - 23);

/** A device may take any number below 2^-126 for zero, which is then multiplied by what is at most 1000. */
export const flushed = 2 ** -116;

/**
 * Whether float32 has no finite number for what is wanted, and what was found is that very infinity, or NaN. WGSL promises
 * neither: only a software adapter is held to them, of another it is enough that it is no usual number.
 */
export function isSpecial(gpu: Gpu, found: number, wanted: number): boolean {
  if (Number.isFinite(wanted)) return false;
  return gpu.adapter.isSoftware ? Object.is(found, wanted) : !(Math.abs(found) < 2 ** 127);
}

/** How far off a number is, where 1 is what is allowed; endless where it is none, or what is wanted is none. */
export function excess(found: number, wanted: number, allowed: number): number {
  const off = Math.abs(found - wanted);
  if (off <= allowed) return off === 0 ? 0 : off / allowed;
  return Number.isFinite(off) && allowed > 0 ? off / allowed : Infinity;
}
