/**
 * Moments in 8 bits, block by block: each block of 256 elements shares a scale, a power of two, and each element has a
 * small float of its own beside it. Rounded stochastically, so that a moving average is right in the mean: a β₂ of 0.999
 * changes v by less than half a step almost always, and to the nearest it would stand still.
 *
 * The twin of `shaders/optim/parts/float8.wgsl`, which has the reasons and the sources.
 */
import { bitsOf, floatOf, narrowStochastic, widen } from "../numbers/narrowFloat.ts";
import type { Values } from "./numerics.ts";

export const blockSize = 256;
const mantissaBits = 3;

/** What a state may hold: numbers of either sign, such as `m`, or none below zero, such as `v`. */
export type Float8Kind = "signed" | "unsigned";

/** A sign and four bits of exponent, or five bits of exponent. */
const exponentBits = { signed: 4, unsigned: 5 } as const;

/** The numbers of a tensor: a code an element and a scale a block. */
export interface Float8Blocks {
  readonly codes: Uint8Array<ArrayBuffer>;
  /** What the code 8, which is 1.000₂ in the lowest full binade, stands for. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** GPUs may take what is smaller for zero. */
const smallestNormal = 0x00800000;

/** `randomAt` gives 32 random bits for each element. */
export function toFloat8(values: Values, kind: Float8Kind, randomAt: (i: number) => number): Float8Blocks {
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(Math.ceil(values.length / blockSize));
  for (let block = 0; block < scales.length; block++) {
    const first = block * blockSize;
    const magnitudes = Array.from(values.slice(first, first + blockSize), (x) => bitsOf(x) & 0x7fffffff);
    const lowest = lowestBinade(Math.max(...magnitudes), exponentBits[kind]);
    scales[block] = floatOf(lowest * 2 ** 23);
    for (const [k, bits] of magnitudes.entries()) {
      const i = first + k;
      const sign = kind === "signed" ? (bitsOf(values[i] as number) >>> 24) & 0x80 : 0;
      codes[i] = sign | codeOf(bits, lowest, kind, randomAt(i));
    }
  }
  return { codes, scales };
}

/** The lowest full binade of a block, so that the largest code is not below its largest number. */
function lowestBinade(largest: number, exponent: number): number {
  const top = Math.min((largest + 0x000fffff) >>> 23, 254);
  return Math.max(top - (2 ** exponent - 2), mantissaBits + 1);
}

/** The smallest code of `v` is never rounded to zero: a step is divided by its root. */
function codeOf(bits: number, lowest: number, kind: Float8Kind, random: number): number {
  if (bits < smallestNormal) return 0;
  const code = narrowStochastic(bits, { mantissaBits, lowest }, random);
  return Math.min(Math.max(code, kind === "signed" ? 0 : 1), 2 ** (exponentBits[kind] + mantissaBits) - 1);
}

export function fromFloat8({ codes, scales }: Float8Blocks, kind: Float8Kind): Float32Array<ArrayBuffer> {
  return Float32Array.from(codes, (code, i) => {
    const lowest = Math.max(bitsOf(scales[Math.floor(i / blockSize)] as number) >>> 23, mantissaBits + 1);
    const magnitude = widen(kind === "signed" ? code & 0x7f : code, { mantissaBits, lowest });
    return kind === "signed" && code & 0x80 ? -magnitude : magnitude;
  });
}
