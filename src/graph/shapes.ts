import { show } from "./errors.ts";
import { demand } from "./node.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** The shape that all of them broadcast to: sides are aligned at the end, and a 1 stretches to whatever it meets. */
export function broadcast(op: string, ...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const side = sides.find((candidate) => candidate !== 1) ?? 1;
    demand(
      sides.every((other) => other === 1 || other === side),
      () => `${op}: shapes that do not broadcast (got ${shapes.map(show).join(" and ")}). Make their sides equal or 1.`,
    );
    return side;
  });
}

/** Whether two shapes are the same. */
export const areEqual = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((side, i) => side === b[i]);

/** An axis as a number from 0 on; negative ones count from the end. */
export function axisOf(op: string, axis: number, shape: Shape): number {
  const from0 = axis < 0 ? axis + shape.length : axis;
  demand(
    Number.isInteger(axis) && from0 >= 0 && from0 < shape.length,
    () => `${op}: no such axis (got ${axis} of a tensor of shape ${show(shape)}). Name one that it has.`,
  );
  return from0;
}

/** Requires float32 or, with `dtype`, something else. */
export function checkType(op: string, tensor: Tensor, dtype: Tensor["dtype"] = "float32"): void {
  demand(
    tensor.dtype === dtype,
    () =>
      `${op}: an operand of the wrong type (got ${tensor.dtype} ${show(tensor.shape)}, allowed ${dtype}). Convert it.`,
  );
}

/** Requires a shape; `undefined` stands for any side. */
export function checkShape(op: string, name: string, { shape }: Tensor, wanted: readonly (number | undefined)[]): void {
  demand(
    shape.length === wanted.length && wanted.every((side, i) => side === undefined || side === shape[i]),
    () =>
      `${op}: ${name} has the wrong shape (got ${show(shape)}, allowed [${wanted.map((side) => side ?? "any").join(", ")}]). Correct it.`,
  );
}
