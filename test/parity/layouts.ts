/** How the tensors of a parity case lie in memory, and what the device allows. */
import type { Limits } from "../../src/gpu/index.ts";
import type { RuleName } from "./rows/row.ts";
import { shapeFor, takesMatrices } from "./shapes.ts";

export interface ParityTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Which of the case's rows has its hyperparameters. */
  readonly paramGroup: number;
}

/** How the tensors lie in memory. */
export type Memory =
  /** One slab of parameters and one of gradients, as the engine has them. */
  | "slabs"
  /** A buffer each, of just the tensor's bytes. */
  | "own buffers"
  /** One buffer, parameters and gradients in turn. */
  | "one buffer";

const shaped = (shapes: readonly (readonly number[])[]): ParityTensor[] =>
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

interface Layout {
  readonly what: string;
  readonly tensors: readonly ParityTensor[];
  readonly memory: Memory;
  readonly limits: Partial<Limits>;
  readonly groups?: number;
  readonly exempt?: boolean;
}

export const sizes = [5000, 3, 1, 1025, 2048, 77];

export const layouts: readonly Layout[] = [
  { what: "148 tensors in 3 groups", tensors: gptTensors(12), memory: "slabs", limits: {}, groups: 3, exempt: true },
  {
    what: "bindings of 4 KiB",
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxStorageBufferBindingSize: 4096 },
  },
  {
    what: "bindings of 9 KiB",
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxStorageBufferBindingSize: 9216 },
  },
  { what: "buffers of 20 KiB", tensors: vectors(sizes), memory: "slabs", limits: { maxBufferSize: 20480 } },
  {
    what: "3 workgroups a side",
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxComputeWorkgroupsPerDimension: 3 },
  },
  {
    what: "workgroups of 64", // a tile of sums is 2,048 elements
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxComputeInvocationsPerWorkgroup: 64 },
  },
  {
    what: "workgroups of 2", // the largest tensor is more tiles than combine.wgsl has lanes
    tensors: vectors(sizes),
    memory: "slabs",
    limits: { maxComputeInvocationsPerWorkgroup: 2 },
  },
  {
    what: "tiles of several rounds", // on any device
    tensors: vectors([66_000, 1027, 5]),
    memory: "slabs",
    limits: { maxComputeInvocationsPerWorkgroup: 1 },
  },
  { what: "ragged buffers", tensors: vectors([1, 2, 3, 5, 7, 1025, 1030]), memory: "own buffers", limits: {} },
  { what: "one buffer for all", tensors: vectors([1, 2, 300, 5, 64, 1025]), memory: "one buffer", limits: {} },
];

/** The same layouts for a rule that takes matrices for what they are, beside vectors; less than 6 KiB does not bind its sums. */
export const mixed = shaped([[63, 65], [3], [1000, 3], [2, 33, 65], [7], [4, 3, 3, 3], [1, 1]]);
export const matrixLayouts = layouts.slice(2).map((layout): Layout => {
  if (layout.what !== "bindings of 9 KiB") return { ...layout, what: `matrices, ${layout.what}`, tensors: mixed };
  const limits = { maxStorageBufferBindingSize: 6144 };
  return { ...layout, what: "matrices, bindings of 6 KiB", tensors: mixed, limits };
});

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
