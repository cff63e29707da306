import type { AdapterDescription } from "../../src/gpu/index.ts";
import type { Comparison } from "./runCase.ts";

/**
 * A software adapter computes each operation in IEEE float32, so there the reference must be met bit for bit.
 *
 * A real GPU may round to either neighbour, fuse a multiply and an add, and take 2.5 ulp for a division and about 4.5 for
 * a square root (WGSL, "Floating Point Accuracy"). Simulated over a thousand steps such freedom costs 6 to 12 ulp of the
 * largest |p| so far: hence 32 for the worst element and 8 for the 99th percentile.
 */
export const hardwareGate = { worstUlp: 32, p99Ulp: 8 };

/**
 * Numbers in fewer bits are rounded by comparison with random ones. Where an adapter's last bit is another, about one in
 * 2^16 to 2^20 of them and step lands on the other side, a whole spacing off, and what is computed from it follows: over 50
 * steps fewer than one in a hundred. All others must pass as float32 does.
 */
const narrowGate = { p99Ulp: hardwareGate.worstUlp };

/** Whether a comparison is good enough for this adapter. */
export function passes(comparison: Comparison, adapter: AdapterDescription): boolean {
  return adapter.isSoftware ? comparison.bitEqual : withinHardwareGate(comparison);
}

export function withinHardwareGate({ worstUlp, p99Ulp, isNarrow }: Comparison): boolean {
  if (isNarrow) return p99Ulp <= narrowGate.p99Ulp;
  return worstUlp <= hardwareGate.worstUlp && p99Ulp <= hardwareGate.p99Ulp;
}
