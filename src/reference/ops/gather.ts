import type { Round, Values } from "../numerics.ts";
import { zeros } from "./zeros.ts";

/** A table whose rows are looked up: [rows, columns]. */
export interface TableSizes {
  readonly rows: number;
  readonly columns: number;
}

/** y[n] = table[ids[n]], PyTorch's embedding; zeros for an id that is no row. */
export function gather({ rows, columns }: TableSizes, table: Values, ids: Uint32Array): Values {
  const y = zeros(table, ids.length * columns);
  ids.forEach((id, n) => {
    if (id < rows) y.set(table.subarray(id * columns, (id + 1) * columns), n * columns);
  });
  return y;
}

/** dtable[v] = Σ dy[n] over the n with ids[n] = v, in the order of n. An id that is no row has no gradient. */
export function gatherGradient({ rows, columns }: TableSizes, ids: Uint32Array, dy: Values, round: Round): Values {
  const dtable = zeros(dy, rows * columns);
  ids.forEach((id, n) => {
    if (id >= rows) return;
    for (let d = 0; d < columns; d++) {
      const at = id * columns + d;
      dtable[at] = round((dtable[at] as number) + (dy[n * columns + d] as number));
    }
  });
  return dtable;
}

/** Ids of rows of `tables` tables, of `rows` each, where these lie one after the other; 0xffffffff for what is no row. */
export function stackIds(ids: Uint32Array, tables: number, rows: number): Uint32Array {
  const part = ids.length / tables;
  return ids.map((id, i) => (id < rows ? Math.floor(i / part) * rows + id : 0xffff_ffff));
}
