import argmaxCode from "../../../shaders/engine/rows/argmax.wgsl?raw";
import type { Launch, Value } from "../launch.ts";
import { reads, writes } from "./bindings.ts";
import { type RowsDevice, type RowsShape, rowLaunch } from "./rows.ts";

/**
 * The column of each row's largest number, the first of several. `x` [rows, columns], `best` uint32 [rows]. One launch,
 * none where there are no rows.
 */
export function argmax(shape: RowsShape, { x, best }: { x: Value; best: Value }, device: RowsDevice): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/argmax",
    body: [{ file: "shaders/engine/rows/argmax.wgsl", code: argmaxCode }],
    bindings: [...reads(x), ...writes(best)],
  };
  return [rowLaunch(kernel, device)];
}
