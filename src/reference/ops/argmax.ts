import type { Values } from "../numerics.ts";

/** The column of the largest number of each of x's rows [rows, columns], the first of several. */
export function argmax(x: Values, rows: number, columns: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, r) => {
    let best = 0;
    for (let c = 1; c < columns; c++) {
      if ((x[r * columns + c] as number) > (x[r * columns + best] as number)) best = c;
    }
    return best;
  });
}
