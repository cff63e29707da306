/** Tensors for the cases of the parity test. */

export interface ParityTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Which of the case's rows has its hyperparameters. */
  readonly paramGroup: number;
}

export const shaped = (shapes: readonly (readonly number[])[]): ParityTensor[] =>
  shapes.map((shape, i) => ({ name: `w${i}`, shape, paramGroup: 0 }));

export const vectors = (sizes: readonly number[]): ParityTensor[] => shaped(sizes.map((size) => [size]));

/** The tensors of a small GPT-2, 148 of them, in three groups: embeddings, matrices, and the rest. */
export function gptTensors(width: number): ParityTensor[] {
  const block = (i: number): [string, number[]][] => [
    [`h.${i}.ln_1.weight`, [width]],
    [`h.${i}.ln_1.bias`, [width]],
    [`h.${i}.attn.weight`, [width, 3 * width]],
    [`h.${i}.attn.bias`, [3 * width]],
    [`h.${i}.proj.weight`, [width, width]],
    [`h.${i}.proj.bias`, [width]],
    [`h.${i}.ln_2.weight`, [width]],
    [`h.${i}.ln_2.bias`, [width]],
    [`h.${i}.fc.weight`, [width, 4 * width]],
    [`h.${i}.fc.bias`, [4 * width]],
    [`h.${i}.out.weight`, [4 * width, width]],
    [`h.${i}.out.bias`, [width]],
  ];
  const named: [string, number[]][] = [
    ["wte", [101, width]],
    ["wpe", [33, width]],
    ...Array.from({ length: 12 }, (_, i) => block(i)).flat(),
    ["ln_f.weight", [width]],
    ["ln_f.bias", [width]],
  ];
  const groupOf = (name: string, shape: number[]): number => (/^w[tp]e/.test(name) ? 0 : shape.length === 2 ? 1 : 2);
  return named.map(([name, shape]) => ({ name, shape, paramGroup: groupOf(name, shape) }));
}
