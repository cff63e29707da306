/** The shapes of the parity cases' tensors. */
import type { Limits } from "../../src/gpu/index.ts";
import { fixtureCount } from "./fixtures.ts";
import type { Row, RuleName } from "./rows/row.ts";

export interface ParityTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Which of the case's rows has its hyperparameters. */
  readonly paramGroup: number;
}

const ofMatrices: readonly RuleName[] = ["muon"];

/** Whether a rule takes nothing but matrices. */
export const takesMatrices = (rule: string): boolean => ofMatrices.some((name) => name === rule);

/** A tensor of so many elements that a rule takes: a vector or, where it has to be one, a matrix as square as they allow. */
export function shapeFor(rule: string, count: number): readonly number[] {
  if (!takesMatrices(rule)) return [count];
  let side = Math.max(Math.floor(Math.sqrt(count)), 1);
  while (count % side) side -= 1;
  const other = count / side;
  // By turns with more rows and with more columns.
  return other % 4 < 2 ? [other, side] : [side, other];
}

/** Elements: none, one, around a group of four, a workgroup, a tile (1,024) and two tiles. */
export const edgeSizes = [0, 1, 3, 4, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 2049];

/** Matrices, and batches of them: the least, and one of four blocks, of 32 rows and 64 columns. */
const edgeMatrices = [
  [1, 1],
  [1, 7],
  [7, 1],
  [3, 5],
  [4, 3, 3, 3],
  [40, 70],
];
/** And for the row of the table that is large itself: more blocks, and blocks of other shapes. */
const largeMatrices = [
  [63, 65],
  [257, 129],
  [1000, 3],
  [3, 1000],
  [2, 33, 65],
  [300, 2, 3],
];

/** And for a rule that multiplies them: those that are transposed, and whose products are more than one block. */
const edgeFactors = [
  [0, 3],
  [33, 20],
  [65, 66],
];

/** What a row is tried on: vectors, or matrices where the oracle has one. */
export function edgeShapes({ rule, shape = [] }: Row): [what: string, shape: number[]][] {
  if (shape.length < 2) return edgeSizes.map((size) => [`${size} elements`, [size]]);
  const isLarge = shape.reduce((product, side) => product * side) > fixtureCount;
  const more = takesMatrices(rule) ? edgeFactors : isLarge ? largeMatrices : [];
  return [...edgeMatrices, ...more].map((sides) => [`[${sides.join(", ")}]`, sides]);
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

/** Tensors as a rule takes them: where they have to be matrices, none is larger than a binding, nor than 2,048 elements. */
export function tensorsFor(
  rule: RuleName,
  tensors: readonly ParityTensor[],
  limits: Partial<Limits>,
): readonly ParityTensor[] {
  if (!takesMatrices(rule)) return tensors;
  const most = Math.min((limits.maxStorageBufferBindingSize ?? Infinity) / 4, 2048);
  return tensors.map((tensor) => {
    const [count = 0, ...others] = tensor.shape;
    return others.length > 0 ? tensor : { ...tensor, shape: shapeFor(rule, Math.min(count, most)) };
  });
}
