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

/** Whether a comparison is good enough for this adapter. */
export function passes(comparison: Comparison, adapter: AdapterDescription): boolean {
  return adapter.isSoftware ? comparison.bitEqual : withinHardwareGate(comparison);
}

export function withinHardwareGate({ worstUlp, p99Ulp }: Comparison): boolean {
  return worstUlp <= hardwareGate.worstUlp && p99Ulp <= hardwareGate.p99Ulp;
}
