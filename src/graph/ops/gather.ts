import { applyOne } from "../node.ts";
import { checkShape, checkType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** The rows of a table [V, D] that the ids, uint32 [...], name: [..., D]. An id that names none has a row of zeros. */
export function gather(table: Tensor, ids: Tensor): Tensor {
  checkType("gather", table);
  checkType("gather", ids, "uint32");
  checkShape("gather", "table", table, [undefined, undefined]);
  return applyOne({ op: "gather" }, [table, ids], {
    shape: [...ids.shape, table.shape[1] as number],
    dtype: "float32",
  });
}

/**
 * Ids of rows in tables of `rows` rows each, uint32 [tables, ...], as ids of the same rows where the tables lie one after
 * the other. An id that names no row of its table names none then, and is 0xffffffff.
 */
export function stackIds(ids: Tensor, rows: number): Tensor {
  checkType("stackIds", ids, "uint32");
  return applyOne({ op: "stackIds", rows }, [ids], ids);
}
