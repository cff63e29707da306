import type { SafetensorsDtype, SafetensorsTensor } from "./safetensorsFormat.ts";

/**
 * How a NaN or an infinity looks under a mask, for the floats that JavaScript has only as bits. The FNUZ types have one
 * such pattern, which elsewhere is minus zero.
 *
 * Source: IEEE 754-2019 for F16; "FP8 Formats for Deep Learning" (2022) for E5M2 and E4M3; the OCP Microscaling
 * specification (2023) for E8M0; "8-bit Numerical Formats for Deep Neural Networks" (2022) for the FNUZ types.
 */
const SPECIAL: Partial<Record<SafetensorsDtype, { mask: number; equals: number }>> = {
  F16: { mask: 0x7c00, equals: 0x7c00 },
  BF16: { mask: 0x7f80, equals: 0x7f80 },
  F8_E5M2: { mask: 0x7c, equals: 0x7c },
  F8_E4M3: { mask: 0x7f, equals: 0x7f },
  F8_E8M0: { mask: 0xff, equals: 0xff },
  F8_E4M3FNUZ: { mask: 0xff, equals: 0x80 },
  F8_E5M2FNUZ: { mask: 0xff, equals: 0x80 },
};

/** Whether a tensor of any float type holds a NaN or an infinity; integers, booleans, F4 and F6 cannot. */
export function hasNonFinite({ dtype, data }: SafetensorsTensor): boolean {
  if (data instanceof Float32Array || data instanceof Float64Array)
    return data.some((value) => !Number.isFinite(value));
  const special = SPECIAL[dtype];
  if (special === undefined || !(data instanceof Uint16Array || data instanceof Uint8Array)) return false;
  const { mask, equals } = special;
  return data.some((bits) => (bits & mask) === equals);
}
