import type { Shape } from "../graph/index.ts";
import type { Computed, Implementations } from "./implementation.ts";
import { kernelImplementations } from "./kernelImplementations.ts";
import type { Values } from "./numerics.ts";
import { dropout } from "./ops/dropout.ts";
import { map } from "./ops/map.ts";
import { matmul } from "./ops/matmul.ts";
import type { Numbers } from "./ops/numbers.ts";
import { reduce } from "./ops/reduce.ts";
import { concat, expand, pad, permute, slice } from "./ops/views.ts";

/** What each operation computes. */
export const implementations: Implementations<Computed> = {
  ...kernelImplementations,

  map: ({ operation, operands, shapes, to, round }) => map(operation.fn, operands, shapes, to, round),

  dropout({ operation: { rate, stream }, operands, round }) {
    const [x, keys] = operands as [Values, Uint32Array];
    return dropout(x, keys, stream, rate, round);
  },

  reduce: ({ operation, operands, shapes, to, round }) =>
    reduce(operation.fn, operands[0] as Values, shapes[0] as Shape, to, round),

  matmul({ operation, operands, shapes, to, round }) {
    const [a, b] = operands as [Values, Values];
    const left = { data: a, shape: shapes[0] as Shape, isTransposed: operation.transposeA };
    const right = { data: b, shape: shapes[1] as Shape, isTransposed: operation.transposeB };
    return matmul(left, right, to, round);
  },

  reshape: ({ operands }) => operands[0] as Numbers,

  permute: ({ operation, operands, shapes }) => permute(operands[0] as Numbers, shapes[0] as Shape, operation.axes),

  slice: ({ operation, operands, shapes, to }) =>
    slice(operands[0] as Numbers, shapes[0] as Shape, operation.starts, to),

  expand: ({ operands, shapes, to }) => expand(operands[0] as Numbers, shapes[0] as Shape, to),

  concat: ({ operation, operands, shapes, to }) => concat(operands, shapes, operation.axis, to),

  pad: ({ operation, operands, shapes, to }) => pad(operands[0] as Numbers, shapes[0] as Shape, operation.before, to),
};
