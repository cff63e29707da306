import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import { areEqual, axisOf } from "../shapes.ts";
import { elementsOf, type Shape, type Tensor } from "../tensor.ts";

/** The same elements in the same order, under another shape; one side may be −1, which makes it fit. */
export function reshape(x: Tensor, sides: Shape): Tensor {
  const known = sides.reduce((product, side) => (side === -1 ? product : product * side), 1);
  const shape = sides.map((side) => (side === -1 ? elementsOf(x.shape) / Math.max(known, 1) : side));
  demand(
    elementsOf(shape) === elementsOf(x.shape) && shape.every(Number.isInteger),
    () => `reshape: the elements do not fit (got ${show(x.shape)} into ${show(sides)}). Keep their number.`,
  );
  return areEqual(shape, x.shape) ? x : applyOne({ op: "reshape" }, [x], { shape, dtype: x.dtype });
}

/** Axis i of the result is axis `axes[i]` of x. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const from0 = axes.map((axis) => axisOf("permute", axis, x.shape));
  demand(
    from0.length === x.shape.length && new Set(from0).size === from0.length,
    () => `permute: not each axis once (got ${show(axes)} for a tensor of shape ${show(x.shape)}). Name each once.`,
  );
  if (from0.every((axis, i) => axis === i)) return x;
  const shape = from0.map((axis) => x.shape[axis] as number);
  return applyOne({ op: "permute", axes: from0 }, [x], { shape, dtype: x.dtype });
}

/** The last two axes changed over. */
export function transpose(x: Tensor): Tensor {
  demand(x.shape.length >= 2, () => `transpose: it needs two axes (got a tensor of shape ${show(x.shape)}).`);
  const rank = x.shape.length;
  return permute(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** Elements `start` up to `end` along an axis, without `end`. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const at = axisOf("slice", axis, x.shape);
  const side = x.shape[at] as number;
  demand(
    Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= side,
    () => `slice: no such range (got ${start} up to ${end} of axis ${axis} of ${show(x.shape)}). Keep inside it.`,
  );
  if (start === 0 && end === side) return x;
  return sliceAll(
    x,
    x.shape.map((_, i) => (i === at ? start : 0)),
    x.shape.map((s, i) => (i === at ? end - start : s)),
  );
}

/** A box of x that begins at `starts`. */
export const sliceAll = (x: Tensor, starts: readonly number[], shape: Shape): Tensor =>
  applyOne({ op: "slice", starts }, [x], { shape, dtype: x.dtype });

/** x cut along an axis into `parts` equal parts. */
export function split(x: Tensor, parts: number, axis: number): Tensor[] {
  const side = x.shape[axisOf("split", axis, x.shape)] as number;
  demand(
    Number.isInteger(side / parts),
    () => `split: an axis that does not divide (got ${show(x.shape)} in ${parts} along ${axis}). Choose a divisor.`,
  );
  const size = side / parts;
  return Array.from({ length: parts }, (_, i) => slice(x, axis, i * size, (i + 1) * size));
}

/** x repeated along its sides of 1, and along new axes in front. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const aligned = reshape(x, [...Array(Math.max(shape.length - x.shape.length, 0)).fill(1), ...x.shape]);
  demand(
    aligned.shape.length === shape.length && aligned.shape.every((side, i) => side === shape[i] || side === 1),
    () => `expand: only sides of 1 can be repeated (got ${show(x.shape)} to ${show(shape)}).`,
  );
  return areEqual(aligned.shape, shape) ? aligned : applyOne({ op: "expand" }, [aligned], { shape, dtype: x.dtype });
}

/** Tensors one after the other along an axis; the other sides are the same. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  demand(first !== undefined, () => "concat: it needs a tensor (got none).");
  const at = axisOf("concat", axis, first.shape);
  for (const { shape, dtype } of tensors) {
    demand(
      dtype === first.dtype &&
        shape.length === first.shape.length &&
        shape.every((s, i) => i === at || s === first.shape[i]),
      () => `concat: tensors that do not fit (got ${tensors.map((x) => show(x.shape)).join(" and ")} along ${axis}).`,
    );
  }
  if (tensors.length === 1) return first;
  const total = tensors.reduce((length, { shape }) => length + (shape[at] as number), 0);
  const shape = first.shape.map((side, i) => (i === at ? total : side));
  return applyOne({ op: "concat", axis: at }, tensors, { shape, dtype: first.dtype });
}

/** x with zeros around it, to a shape in which it begins at `before`. */
export function pad(x: Tensor, before: readonly number[], shape: Shape): Tensor {
  demand(
    before.length === shape.length &&
      x.shape.every((s, i) => (before[i] as number) >= 0 && (before[i] as number) + s <= (shape[i] as number)),
    () => `pad: it does not fit (got ${show(x.shape)} at ${show(before)} in ${show(shape)}). Enlarge the shape.`,
  );
  return areEqual(x.shape, shape) ? x : applyOne({ op: "pad", before }, [x], { shape, dtype: x.dtype });
}
