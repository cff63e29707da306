import { expect, test } from "vitest";
import { operandOf } from "../../src/engine/kernels/matmul.ts";
import { chooseMatmul, type MatmulTable } from "../../src/engine/kernels/matmulChoice.ts";
import type { Value } from "../../src/engine/launch.ts";

const limits = { maxComputeInvocationsPerWorkgroup: 256 };
const software = { isSoftware: true, subgroups: true, limits };
const withoutSubgroups = { isSoftware: true, subgroups: false, limits };
const hardware = { isSoftware: false, subgroups: true, limits };
const compatible = { isSoftware: false, subgroups: false, limits: { maxComputeInvocationsPerWorkgroup: 128 } };

test.each([
  ["a perceptron's layer on a CPU", software, [1, 128, 512, 784], "quadTile", 1],
  ["few columns on a CPU", software, [1, 128, 10, 512], "quadTile16", 1],
  ["a CPU without subgroups", withoutSubgroups, [1, 128, 10, 512], "registerTile", 1],
  ["a large product", hardware, [1, 1024, 512, 128], "sharedTile64", 1],
  ["as large a batch", hardware, [128, 60, 60, 128], "sharedTile64", 1],
  ["workgroups of 256 are too many", compatible, [1, 1024, 512, 128], "sharedTile32", 1],
  ["few tiles and a long sum", hardware, [1, 128, 128, 1024], "sharedTile32", 4],
  ["few tiles and a short sum", hardware, [1, 128, 128, 100], "sharedTile32", 1],
  ["hardly a tile and a very long sum", hardware, [1, 32, 32, 1_000_000], "sharedTile32", 32],
  ["one row", hardware, [1, 1, 4096, 4096], "slicedTile", 1],
  ["one column", hardware, [1, 4096, 1, 4096], "slicedTile", 1],
  ["nothing", hardware, [1, 0, 0, 0], "slicedTile", 1],
] as const)("%s", (_, device, [batch, rows, columns, inner], kernel, splits) => {
  expect(chooseMatmul({ batch, rows, columns, inner }, device)).toEqual({ kernel, splits });
});

test("another table decides otherwise", () => {
  const table: MatmulTable = [{ kernel: "registerTile", splitTo: 4 }];
  const shape = { batch: 1, rows: 8, columns: 8, inner: 64 };
  expect(chooseMatmul(shape, hardware, table)).toEqual({ kernel: "registerTile", splits: 4 });
});

const value: Value = { label: "value", elements: 1000, dtype: "float32" };

test.each([
  ["dense", [3, 4], [4, 1], { batchStride: 0, rowStride: 4, isTransposed: false }],
  ["transposed", [4, 3], [1, 4], { batchStride: 0, rowStride: 4, isTransposed: true }],
  ["a slice of columns", [3, 4], [12, 1], { batchStride: 0, rowStride: 12, isTransposed: false }],
  ["a batch", [2, 3, 4], [12, 4, 1], { batchStride: 12, rowStride: 4, isTransposed: false }],
  ["a shared matrix", [2, 4, 3], [0, 1, 4], { batchStride: 0, rowStride: 4, isTransposed: true }],
  ["one row for all", [3, 4], [0, 1], { batchStride: 0, rowStride: 0, isTransposed: false }],
  ["one column, far apart", [3, 1], [5, 7], { batchStride: 0, rowStride: 5, isTransposed: false }],
  ["one row, far apart", [1, 3], [7, 5], { batchStride: 0, rowStride: 5, isTransposed: true }],
] as const)("an operand of a view: %s", (_, shape, strides, expected) => {
  expect(operandOf({ value, shape, strides, offset: 8 })).toEqual({ value, offset: 8, ...expected });
});

test("a view without neighbours is no operand", () => {
  expect(operandOf({ value, shape: [3, 4], strides: [8, 2], offset: 0 })).toBeUndefined();
});
