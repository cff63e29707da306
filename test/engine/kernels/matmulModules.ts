import { type MatmulOperand, matmul } from "../../../src/engine/kernels/matmul.ts";
import { matmulKernelNames } from "../../../src/engine/kernels/matmulKernels.ts";
import { storeProduct } from "../../../src/engine/kernels/matmulStore.ts";
import type { Value } from "../../../src/engine/launch.ts";

const value: Value = { label: "value", elements: 0, dtype: "float32" };
const device = { isSoftware: true, subgroups: true, limits: { maxComputeInvocationsPerWorkgroup: 256 } };

/** A right operand in half precision is loaded as it is. */
const half: MatmulOperand = {
  value: { ...value, dtype: "bfloat16" },
  offset: 0,
  batchStride: 0,
  rowStride: 4,
  isTransposed: false,
};
const square = { batch: 1, rows: 4, columns: 4, inner: 32 };

/** A module of every kernel, wide and ragged, with column sums and without, whole and split. */
export const matmulModules = [
  ...matmul(square, { ...half, value }, half, storeProduct(square, value), device).map(({ label, parts }) => ({
    name: `${label} with a half`,
    parts,
  })),
  ...[
    ...matmulKernelNames.map((kernel) => ({ kernel, splits: 1 })),
    { kernel: "registerTile" as const, splits: 2 },
    { kernel: "sharedTile32" as const, splits: 2 },
  ].flatMap((choice) =>
    [4, 3].flatMap((side) =>
      [undefined, value].flatMap((columnSums) => {
        const shape = { batch: 1, rows: side, columns: side, inner: 32 };
        const operand: MatmulOperand = { value, offset: 0, batchStride: 0, rowStride: side, isTransposed: false };
        const store = storeProduct(shape, value, columnSums);
        return matmul(shape, operand, operand, store, device, choice).map(({ label, parts }) => ({
          name: `${label} of ${side}${columnSums ? ", with column sums" : ""}, splits: ${choice.splits}`,
          parts,
        }));
      }),
    ),
  ),
];
