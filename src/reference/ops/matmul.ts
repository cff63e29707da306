import type { Shape } from "../../graph/index.ts";
import type { Round, Values } from "../numerics.ts";
import { broadcastStrides, placesOf } from "./places.ts";
import { permute } from "./views.ts";
import { zeros } from "./zeros.ts";

/** A batch of matrices. */
export interface Matrices {
  readonly data: Values;
  /** The last two axes are rows and columns. */
  readonly shape: Shape;
  /** Whether they are to be transposed first. */
  readonly isTransposed: boolean;
}

/**
 * a · b for each pair of matrices of the batch `to`, the axes before the last two being broadcast: Σ a[i, k] b[k, j] in the
 * order of k, each product and each sum rounded.
 */
export function matmul(a: Matrices, b: Matrices, to: Shape, round: Round): Values {
  const [m, n] = to.slice(-2) as [number, number];
  const batch = to.slice(0, -2);
  const [left, right] = [upright(a), upright(b)];
  const k = left.shape.at(-1) as number;
  const leftPlaces = placesOf(batch, broadcastStrides(left.shape.slice(0, -2), batch));
  const rightPlaces = placesOf(batch, broadcastStrides(right.shape.slice(0, -2), batch));
  const y = zeros(left.data, leftPlaces.length * m * n);
  for (let i = 0; i < leftPlaces.length; i++) {
    const [at, bt] = [(leftPlaces[i] as number) * m * k, (rightPlaces[i] as number) * k * n];
    const product = y.subarray(i * m * n, (i + 1) * m * n);
    multiply(product, left.data.subarray(at, at + m * k), right.data.subarray(bt, bt + k * n), { m, n, k }, round);
  }
  return y;
}

function upright({ data, shape, isTransposed }: Matrices): { readonly data: Values; readonly shape: Shape } {
  if (!isTransposed) return { data, shape };
  const rank = shape.length;
  const axes = [...shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  return { data: permute(data, shape, axes) as Values, shape: axes.map((axis) => shape[axis] as number) };
}

/** y [m, n] += a [m, k] · b [k, n], row by row. */
function multiply(
  y: Values,
  a: Values,
  b: Values,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  round: Round,
): void {
  for (let i = 0; i < m; i++) {
    const row = y.subarray(i * n, (i + 1) * n);
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l] as number;
      if (row instanceof Float32Array && b instanceof Float32Array) addScaled32(row, factor, b, l * n);
      else for (let j = 0; j < n; j++) row[j] = round((row[j] as number) + round(factor * (b[l * n + j] as number)));
    }
  }
}

/** row += factor · b[start …]: apart, so that it is compiled for one kind of array and runs in float32 throughout. */
function addScaled32(row: Float32Array, factor: number, b: Float32Array, start: number): void {
  for (let j = 0; j < row.length; j++) {
    row[j] = Math.fround((row[j] as number) + Math.fround(factor * (b[start + j] as number)));
  }
}
