import { elementsOf, type Shape } from "../../graph/index.ts";

/** How far apart the neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * Math.max(shape[axis + 1] as number, 1);
  }
  return strides;
}

/** The same, seen from a shape that `from` broadcasts to: 0 along what is repeated. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const extra = to.length - from.length;
  return to.map((_, axis) => (axis < extra || from[axis - extra] === 1 ? 0 : (strides[axis - extra] as number)));
}

/** offset + Σ index · stride for each index of a shape, in row-major order. */
export function placesOf(shape: Shape, strides: readonly number[], offset = 0): Uint32Array {
  const places = new Uint32Array(elementsOf(shape));
  let written = 0;
  const fill = (axis: number, start: number): void => {
    if (axis === shape.length) {
      places[written++] = start;
      return;
    }
    const side = shape[axis] as number;
    const stride = strides[axis] as number;
    const isLast = axis === shape.length - 1;
    for (let i = 0; i < side; i++) {
      if (isLast) places[written++] = start + i * stride;
      else fill(axis + 1, start + i * stride);
    }
  };
  if (places.length > 0) fill(0, offset);
  return places;
}
