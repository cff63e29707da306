import type { OptimizerTensor } from "../tensors.ts";
import { sidesOf } from "./matrix.ts";

/** What Muon takes of a model, and what it leaves to another rule. Prints itself. */
export interface MuonSplit<T extends OptimizerTensor = OptimizerTensor> {
  readonly hidden: readonly T[];
  readonly rest: readonly T[];
  toString(): string;
}

/**
 * Splits a model for Muon, which is for the matrices of hidden layers: the rest, embeddings, vectors and the head, is
 * AdamW's. A tensor's role decides where it has one ("weight" is hidden), its name where that ends in `bias`, and its
 * sides: two, or the four of a convolution. The head is a matrix like the others: name it in `isHidden`, which is asked
 * about each tensor that could be hidden, such as `({ name }) => name !== "head.weight"`.
 */
export function splitForMuon<T extends OptimizerTensor>(
  tensors: readonly T[],
  isHidden: (tensor: T) => boolean = () => true,
): MuonSplit<T> {
  const goes = new Set(tensors.filter((tensor) => couldBeHidden(tensor) && isHidden(tensor)));
  const hidden = tensors.filter((tensor) => goes.has(tensor));
  const rest = tensors.filter((tensor) => !goes.has(tensor));
  return { hidden, rest, toString: () => `muon: ${list(hidden)}\nrest: ${list(rest)}` };
}

function couldBeHidden({ name, shape, role }: OptimizerTensor): boolean {
  return sidesOf(shape) !== undefined && (role ? role === "weight" : !name.endsWith("bias"));
}

function list(tensors: readonly OptimizerTensor[]): string {
  return tensors.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ") || "nothing";
}
