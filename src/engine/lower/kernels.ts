import { elementsOf, type Tensor } from "../../graph/index.ts";
import { gather, gatherGradient, stackIds } from "../kernels/gather.ts";
import { attentionKernels } from "./attention.ts";
import { imageKernels } from "./images.ts";
import type { KernelName, Lowerings } from "./lowering.ts";
import { lowerMatmul, lowerReduce } from "./matmul.ts";
import { rowKernels } from "./rows.ts";
import { reshaped, wholeView } from "./views.ts";

/** How each operation that has kernels of its own is lowered: TypeScript holds that none is missing. */
export const kernels: Lowerings<KernelName> = {
  ...rowKernels,
  ...imageKernels,
  ...attentionKernels,

  matmul: lowerMatmul,
  reduce: lowerReduce,

  gather(lowering, { inputs, outputs }) {
    const [table, ids] = inputs as [Tensor, Tensor];
    const [rows, columns] = table.shape as [number, number];
    const values = { table: lowering.dense(table), ids: lowering.dense(ids), y: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...gather({ rows, columns, ids: elementsOf(ids.shape) }, values));
  },

  stackIds(lowering, { operation: { rows }, inputs, outputs }) {
    const [ids] = inputs as [Tensor];
    const [stacked] = outputs as [Tensor];
    const tables = ids.shape[0] as number;
    const shape = [tables, elementsOf(ids.shape) / tables];
    const seen = reshaped(lowering.view(ids), shape);
    const isDense = seen && (seen.strides[1] === 1 || shape[1] === 1);
    const view = isDense ? seen : wholeView(lowering.dense(ids), shape);
    lowering.emit(...stackIds(rows, view, lowering.result(stacked)));
  },

  gatherGradient(lowering, { inputs, outputs }) {
    const [ids, dy] = inputs as [Tensor, Tensor];
    const [dtable] = outputs as [Tensor];
    const [rows, columns] = dtable.shape as [number, number];
    const values = { ids: lowering.dense(ids), dy: lowering.dense(dy), dtable: lowering.result(dtable) };
    lowering.emit(...gatherGradient({ rows, columns, ids: elementsOf(ids.shape) }, values));
  },
};
