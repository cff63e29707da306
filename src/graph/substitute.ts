import { collect } from "./graph.ts";
import { apply, comingFrom } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** The same computation with other tensors in the place of some, each of the shape and type of the one that it replaces. */
export function substitute(outputs: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  const known = new Map(replacements);
  for (const node of collect(outputs).nodes) {
    const { operation, inputs, outputs: before } = node;
    if (!inputs.some((input) => known.has(input))) continue;
    const others = inputs.map((input) => known.get(input) ?? input);
    const after = comingFrom(node, () => apply(operation, others, before));
    for (const [i, tensor] of before.entries()) known.set(tensor, after[i] as Tensor);
  }
  return outputs.map((output) => known.get(output) ?? output);
}
