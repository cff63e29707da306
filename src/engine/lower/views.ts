import { elementsOf, type Shape } from "../../graph/index.ts";
import type { Value, View } from "../launch.ts";

/** Strides of a dense row-major tensor, in elements. */
export function denseStrides(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  return strides;
}

/** The whole of a value, under a shape. */
export const wholeView = (value: Value, shape: Shape): View => ({
  value,
  shape,
  strides: denseStrides(shape),
  offset: 0,
});

/** Whether the view's elements follow each other in memory, from the value's first on. */
export function isWhole(view: View): boolean {
  const axes = sizeOf(view) > 0 ? collapsed(view) : [];
  return view.offset === 0 && axes.length <= 1 && (axes[0]?.stride ?? 1) === 1;
}

/** The view under another shape of as many elements, or undefined where no strides can say that. */
export function reshaped(view: View, shape: Shape): View | undefined {
  if (elementsOf(shape) === 0) return { ...view, shape, strides: denseStrides(shape) };
  const blocks = collapsed(view);
  const strides: number[] = [];
  let block = blocks.length - 1;
  let left = blocks[block]?.side ?? 1;
  let stride = blocks[block]?.stride ?? 1;
  for (const side of shape.toReversed()) {
    if (side === 1) {
      strides.unshift(0);
      continue;
    }
    while (left === 1 && block > 0) {
      block -= 1;
      left = (blocks[block] as Axis).side;
      stride = (blocks[block] as Axis).stride;
    }
    if (left % side !== 0) return undefined;
    strides.unshift(stride);
    left /= side;
    stride *= side;
  }
  return { ...view, shape, strides };
}

export const permuted = (view: View, axes: readonly number[]): View => ({
  ...view,
  shape: axes.map((axis) => view.shape[axis] as number),
  strides: axes.map((axis) => view.strides[axis] as number),
});

export const sliced = (view: View, starts: readonly number[], shape: Shape): View => ({
  ...view,
  shape,
  offset: starts.reduce((offset, start, axis) => offset + start * (view.strides[axis] as number), view.offset),
});

/** The view broadcast to a shape: new axes in front, and sides of 1 repeated. */
export function expanded(view: View, shape: Shape): View {
  const extra = shape.length - view.shape.length;
  const strides = shape.map((_, axis) =>
    axis < extra || view.shape[axis - extra] === 1 ? 0 : (view.strides[axis - extra] as number),
  );
  return { ...view, shape, strides };
}

export interface Axis {
  readonly side: number;
  readonly stride: number;
}

/** The axes of a view without those of 1, and with neighbours that follow each other in memory taken together. */
export function collapsed({ shape, strides }: Pick<View, "shape" | "strides">): readonly Axis[] {
  const axes: Axis[] = [];
  for (const [i, side] of shape.entries()) {
    if (side === 1) continue;
    const stride = strides[i] as number;
    const before = axes.at(-1);
    if (before && before.stride === stride * side) axes[axes.length - 1] = { side: before.side * side, stride };
    else axes.push({ side, stride });
  }
  return axes;
}

/** Elements of a view. */
export const sizeOf = ({ shape }: View): number => elementsOf(shape);
