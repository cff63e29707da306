import { collect } from "./graph.ts";
import { apply } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** The same computation with other tensors in the place of some, each of the shape and type of the one that it replaces. */
export function substitute(outputs: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  const known = new Map(replacements);
  for (const { operation, inputs, outputs: before } of collect(outputs).nodes) {
    if (!inputs.some((input) => known.has(input))) continue;
    const after = apply(
      operation,
      inputs.map((input) => known.get(input) ?? input),
      before,
    );
    for (const [i, tensor] of before.entries()) known.set(tensor, after[i] as Tensor);
  }
  return outputs.map((output) => known.get(output) ?? output);
}
