import { elementsOf, type Shape } from "../../graph/index.ts";
import { like, type Numbers } from "./numbers.ts";
import { broadcastStrides, placesOf, stridesOf } from "./places.ts";

/** Axis i of the result is axis `axes[i]` of x. */
export function permute(x: Numbers, shape: Shape, axes: readonly number[]): Numbers {
  const strides = stridesOf(shape);
  return taken(
    x,
    placesOf(
      axes.map((axis) => shape[axis] as number),
      axes.map((axis) => strides[axis] as number),
    ),
  );
}

/** The box of x that begins at `starts` and has the shape `to`. */
export function slice(x: Numbers, shape: Shape, starts: readonly number[], to: Shape): Numbers {
  return taken(x, placesOf(to, stridesOf(shape), offsetOf(shape, starts)));
}

/** x repeated along its sides of 1, and along new axes in front. */
export const expand = (x: Numbers, shape: Shape, to: Shape): Numbers =>
  taken(x, placesOf(to, broadcastStrides(shape, to)));

/** x with zeros around it, in the shape `to`, where it begins at `before`. */
export function pad(x: Numbers, shape: Shape, before: readonly number[], to: Shape): Numbers {
  const y = like(x, elementsOf(to));
  put(y, x, placesOf(shape, stridesOf(to), offsetOf(to, before)));
  return y;
}

/** Tensors of the given shapes one after the other along an axis. */
export function concat(tensors: readonly Numbers[], shapes: readonly Shape[], axis: number, to: Shape): Numbers {
  const y = like(tensors[0] as Numbers, elementsOf(to));
  const strides = stridesOf(to);
  let start = 0;
  for (const [i, shape] of shapes.entries()) {
    put(y, tensors[i] as Numbers, placesOf(shape, strides, start * (strides[axis] as number)));
    start += shape[axis] as number;
  }
  return y;
}

function offsetOf(shape: Shape, starts: readonly number[]): number {
  const strides = stridesOf(shape);
  return starts.reduce((offset, start, axis) => offset + start * (strides[axis] as number), 0);
}

function taken(x: Numbers, places: Uint32Array): Numbers {
  const y = like(x, places.length);
  for (let i = 0; i < places.length; i++) y[i] = x[places[i] as number] as number;
  return y;
}

function put(y: Numbers, x: Numbers, places: Uint32Array): void {
  for (let i = 0; i < places.length; i++) y[places[i] as number] = x[i] as number;
}
