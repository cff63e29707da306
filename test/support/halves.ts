import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../src/numbers/half.ts";

export type HalfName = "float16" | "bfloat16";

const codes = {
  float16: { to: toFloat16, from: fromFloat16 },
  bfloat16: { to: toBfloat16, from: fromBfloat16 },
};

/** The nearest number in half precision. */
export const rounded = (x: number, half: HalfName): number => codes[half].from(codes[half].to(x));

/** Numbers as they lie in memory in half precision, two to a word. */
export function packed(numbers: ArrayLike<number>, half: HalfName): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(numbers.length / 2));
  new Uint16Array(words.buffer).set(Array.from(numbers, (x) => codes[half].to(x)));
  return words;
}
