import { outputPlane, type Pool2dSizes } from "../../graph/index.ts";
import type { Round, Values } from "../numerics.ts";
import { zeros } from "./zeros.ts";

/**
 * PyTorch's max_pool2d and avg_pool2d, without dilation: y[b, c, i, j] is the largest number of a window, or its sum over
 * the window's size, padding included as zeros (`count_include_pad=True`). A NaN in a window is its largest number.
 */
export function pool2d(sizes: Pool2dSizes, x: Values, round: Round): Values {
  const [height, width] = outputPlane(sizes);
  const y = zeros(x, sizes.batch * sizes.channels * height * width);
  const size = sizes.window[0] * sizes.window[1];
  eachWindow(sizes, (toY, places) => {
    y[toY] =
      sizes.kind === "max"
        ? (x[largest(x, places)] as number)
        : round(places.reduce((sum, place) => round(sum + (x[place] as number)), 0) / size);
  });
  return y;
}

/**
 * dx, in the shape of x, from dy, in the shape of y. The gradient of a maximum goes to the first of the window's largest
 * numbers in row-major order, or to the last of its NaNs, as in PyTorch. The mean's does not ask for x's numbers.
 */
export function pool2dGradient(sizes: Pool2dSizes, x: Values | undefined, dy: Values, round: Round): Values {
  const { batch, channels, plane, window } = sizes;
  const dx = zeros(dy, batch * channels * plane[0] * plane[1]);
  const size = window[0] * window[1];
  eachWindow(sizes, (toY, places) => {
    const value = dy[toY] as number;
    if (sizes.kind === "max") {
      const place = largest(x as Values, places);
      dx[place] = round((dx[place] as number) + value);
    } else {
      for (const place of places) dx[place] = round((dx[place] as number) + value);
    }
  });
  return sizes.kind === "max" ? dx : dx.map((sum) => round(sum / size));
}

/** Calls back with the place of each element of y and those of the elements of x, in order, that its window holds. */
function eachWindow(sizes: Pool2dSizes, visit: (toY: number, places: readonly number[]) => void): void {
  const { batch, channels, plane } = sizes;
  const [height, width] = outputPlane(sizes);
  for (let channel = 0; channel < batch * channels; channel++) {
    for (let i = 0; i < height; i++) {
      const rows = inside(i, 0, sizes);
      for (let j = 0; j < width; j++) {
        const columns = inside(j, 1, sizes);
        const places = rows.flatMap((row) => columns.map((column) => (channel * plane[0] + row) * plane[1] + column));
        visit((channel * height + i) * width + j, places);
      }
    }
  }
}

/** The rows, or columns, of the plane that the i-th window along an axis holds. */
function inside(i: number, axis: 0 | 1, { plane, window, stride, padding }: Pool2dSizes): number[] {
  const first = i * stride[axis] - padding[axis];
  return Array.from({ length: window[axis] }, (_, u) => first + u).filter((at) => at >= 0 && at < plane[axis]);
}

function largest(x: Values, places: readonly number[]): number {
  return places.reduce((best, place) => {
    const value = x[place] as number;
    return value > (x[best] as number) || Number.isNaN(value) ? place : best;
  });
}
