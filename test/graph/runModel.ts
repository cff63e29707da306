import { initialNumbers } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/graph/index.ts";
import { execute, float64, type Numbers, type Round } from "../../src/reference/index.ts";
import { KEY } from "./opRow.ts";

/** Numbers as a model's leaf: an input, by its tensor. */
export type Given = readonly (readonly [leaf: Tensor, numbers: readonly number[]])[];

/** Computes tensors; parameters and states that are not given have what they start with. */
export function run(outputs: readonly Tensor[], given: Given = [], round: Round = float64): number[][] {
  const numbers = new Map(given);
  const leaf = (tensor: Tensor): Numbers => {
    const known = numbers.get(tensor);
    if (known) return Float64Array.from(known);
    return tensor.node.operation.op === "key" ? Uint32Array.of(KEY) : initialNumbers(tensor, 1, 2);
  };
  return execute(outputs, leaf, round).map((values) => [...values]);
}
