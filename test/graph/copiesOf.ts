import { differentiate, input, key, keys, sum, type Tensor, vectorize } from "../../src/graph/index.ts";
import { KEY, type LeafName } from "./opRow.ts";
import type { Prepared } from "./runRow.ts";

type Numbers = Prepared["numbers"][string];

/** A copy's own numbers of a leaf: those of the row in another order, so that they are still where it wants them. */
export const turned = <N extends Numbers>(numbers: N, copy: number): N =>
  numbers.map((_, i) => numbers[(i + copy) % numbers.length] as number) as N;

/** The key that a copy's dropout draws from. */
export const keyOf = (copy: number): number => KEY + copy;

/** A row for many copies of some of its leaves, as one graph. */
export interface PreparedCopies {
  /** Each with an axis of copies in front. */
  readonly outputs: readonly Tensor[];
  /** Of the losses of all copies; that of a leaf which has no copies is a sum over them. */
  readonly gradients: Readonly<Partial<Record<LeafName, Tensor>>>;
  readonly leaf: (leaf: Tensor) => Numbers;
}

const prefix = "copies of ";

/** Makes copies of a row, and differentiates then, as trainings do. */
export function copiesOf(one: Prepared, copied: readonly LeafName[], count: number): PreparedCopies {
  const many = new Map<Tensor, Tensor>(
    copied.map((name) => {
      const { shape, dtype } = one.leaves[name];
      return [one.leaves[name], input(`${prefix}${name}`, [count, ...shape], dtype)];
    }),
  );
  const wanted = [...one.outputs, ...(one.loss ? [one.loss] : [])];
  const vectorized = vectorize(wanted, new Map([...many, [key, keys(count)]]), count);
  const names = Object.keys(one.gradients) as LeafName[];
  const leaves = names.map((name) => many.get(one.leaves[name]) ?? one.leaves[name]);
  const gradients = one.loss ? differentiate(sum(vectorized.at(-1) as Tensor), leaves) : [];
  return {
    outputs: vectorized.slice(0, one.outputs.length),
    gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i] as Tensor])),
    leaf: ({ node: { operation } }) => {
      if (operation.op !== "input") return Uint32Array.from({ length: count }, (_, copy) => keyOf(copy));
      const { name } = operation;
      if (!name.startsWith(prefix)) return one.numbers[name] as Numbers;
      const own = one.numbers[name.slice(prefix.length)] as Numbers;
      const all = Array.from({ length: count }, (_, copy) => [...turned(own, copy)]).flat();
      return own instanceof Uint32Array ? Uint32Array.from(all) : Float32Array.from(all);
    },
  };
}
