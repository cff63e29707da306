import { roundUp, UsageError } from "../gpu/index.ts";
import {
  elementsOf,
  type OperationOf,
  pad,
  parameter,
  reshape,
  type Shape,
  slice,
  state,
  type Tensor,
} from "../graph/index.ts";

/** Many copies of one model that are trained side by side, each on its own. */
export interface Copies {
  readonly count: number;
  /** The seed of each, of its initial weights and its dropout; the run's seed, and the numbers after it, by default. */
  readonly seeds?: readonly number[];
  /** Parts of the batch of which each copy has its own, with an axis of copies in front; all see the others. */
  readonly own?: readonly string[];
}

/** The seed of each copy. */
export const seedsOf = ({ count, seeds }: Copies, seed: number): readonly number[] =>
  seeds ?? Array.from({ length: count }, (_, copy) => seed + copy);

/**
 * @param parts the names of the batch's parts, where they are known
 * @throws UsageError for copies that cannot be.
 */
export function checkCopies({ count, seeds, own = [] }: Copies, parts: readonly string[] = own): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`copies: no number of them (got ${count}, allowed whole numbers from 1 on). Pass one.`);
  }
  if (seeds && seeds.length !== count) {
    throw new UsageError(`copies: not a seed for each (got ${seeds.length}, allowed ${count}). Pass so many, or none.`);
  }
  const strange = seeds?.find((seed) => !Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff);
  if (strange !== undefined) {
    throw new UsageError(`copies: no seed (got ${strange}, allowed whole numbers up to 4294967295). Correct it.`);
  }
  const unknown = own.find((name) => !parts.includes(name));
  if (unknown !== undefined) {
    const allowed = parts.map((name) => `"${name}"`).join(", ");
    throw new UsageError(`copies: the batch has no such part (got "${unknown}", allowed ${allowed}). Correct \`own\`.`);
  }
}

/** Each copy of a tensor begins at a multiple of so many elements: it can be bound, and updated, by itself. */
const alignment = 64;

/** Elements from one copy of a tensor to the next. */
export const strideOf = (shape: Shape): number => roundUp(elementsOf(shape), alignment);

/** A parameter or a state with copies: `leaf` is [copies, stride] in memory, `tensor` what is in it, [copies, …shape]. */
export function copiedLeaf({ node, shape }: Tensor, count: number): { readonly leaf: Tensor; readonly tensor: Tensor } {
  const operation = node.operation as OperationOf<"parameter" | "state">;
  const padded = [count, strideOf(shape)];
  const leaf = operation.op === "parameter" ? parameter(padded, operation.role, 0) : state(padded, 0);
  return { leaf, tensor: reshape(slice(leaf, 1, 0, elementsOf(shape)), [count, ...shape]) };
}

/** A tensor [copies, …shape] as it is in memory, [copies, stride]. */
export function padded(tensor: Tensor): Tensor {
  const [count, ...shape] = tensor.shape as [number, ...number[]];
  return pad(reshape(tensor, [count, elementsOf(shape)]), [0, 0], [count, strideOf(shape)]);
}
