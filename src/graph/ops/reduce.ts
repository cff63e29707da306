import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import { axisOf, checkType } from "../shapes.ts";
import { elementsOf, type Tensor } from "../tensor.ts";
import { constant, constantOf } from "./leaves.ts";
import { mul } from "./map.ts";
import { reshape } from "./views.ts";

/** Which axes (all by default; negative ones count from the end), and whether they stay, as sides of 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keepAxes?: boolean;
}

/** Σ x over the axes. Of no elements it is 0. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const value = constantOf(x);
  const reduced = reduce("sum", x, options);
  if (value === undefined) return reduced;
  return constant((value * elementsOf(x.shape)) / Math.max(elementsOf(reduced.shape), 1), reduced.shape);
}

/** Σ x / n over the axes. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes = x.shape.map((_, i) => i) } = options;
  const sides = new Set(axes.map((axis) => axisOf("mean", axis, x.shape)));
  return sum(mul(x, 1 / elementsOf(x.shape.filter((_, axis) => sides.has(axis)))), options);
}

/** The largest over the axes; where several are, the gradient is shared among them. */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor => reduce("max", x, options);

function reduce(
  fn: "sum" | "max",
  x: Tensor,
  { axes = x.shape.map((_, i) => i), keepAxes = false }: ReduceOptions,
): Tensor {
  checkType(fn, x);
  const sorted = [...new Set(axes.map((axis) => axisOf(fn, axis, x.shape)))].sort((a, b) => a - b);
  const kept = x.shape.map((side, axis) => (sorted.includes(axis) ? 1 : side));
  demand(
    fn === "sum" || sorted.every((axis) => (x.shape[axis] as number) > 0),
    () => `max: no elements have no largest (got ${show(x.shape)} over axes ${show(sorted)}). Give it one at least.`,
  );
  const isIdle = sorted.every((axis) => x.shape[axis] === 1);
  const reduced = isIdle ? x : applyOne({ op: "reduce", fn, axes: sorted }, [x], { shape: kept, dtype: "float32" });
  return keepAxes
    ? reduced
    : reshape(
        reduced,
        kept.filter((_, axis) => !sorted.includes(axis)),
      );
}
