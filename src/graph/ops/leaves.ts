import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import type { Initial, Role } from "../operation.ts";
import { type DType, elementsOf, type Shape, type Tensor } from "../tensor.ts";

/**
 * What is trained. It belongs to whoever holds it: a layer that is called twice has it once. One that is stored in half
 * precision is taken for what `float` makes of it.
 */
export function parameter(
  shape: Shape,
  role: Role,
  initial: Initial,
  dtype: Exclude<DType, "uint32"> = "float32",
): Tensor {
  checkSides("parameter", shape);
  return applyOne({ op: "parameter", role, initial }, [], { shape, dtype });
}

/** What steps may change without a gradient; see `update`. */
export const state = (shape: Shape, initial: number): Tensor =>
  applyOne({ op: "state", initial }, [], { shape, dtype: "float32" });

/** A part of the batch. */
export function input(name: string, shape: Shape, dtype: DType): Tensor {
  checkSides(`input "${name}"`, shape);
  return applyOne({ op: "input", name }, [], { shape, dtype });
}

/** One number, everywhere in a shape. */
export const constant = (value: number, shape: Shape = []): Tensor =>
  applyOne({ op: "constant", value }, [], { shape, dtype: "float32" });

/** The random key of the step: there is one. */
export const key = applyOne({ op: "key" }, [], { shape: [1], dtype: "uint32" });

/** The random keys of the step, one for each copy of a model. */
export const keys = (copies: number): Tensor => applyOne({ op: "key" }, [], { shape: [copies, 1], dtype: "uint32" });

/** The number that a tensor is everywhere, if it is known to be one. */
export function constantOf({ node }: Tensor): number | undefined {
  const { operation, inputs } = node;
  if (operation.op === "constant") return operation.value;
  const [input] = inputs;
  return input && (operation.op === "expand" || operation.op === "reshape") ? constantOf(input) : undefined;
}

function checkSides(thing: string, shape: Shape): void {
  demand(
    shape.every((side) => Number.isInteger(side) && side >= 0) && Number.isSafeInteger(elementsOf(shape)),
    () => `${thing}: no shape (got ${show(shape)}, allowed whole numbers from 0 on). Correct it.`,
  );
}
