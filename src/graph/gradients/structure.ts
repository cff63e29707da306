import { div, equal, mul } from "../ops/map.ts";
import { matmul } from "../ops/matmul.ts";
import { sum } from "../ops/reduce.ts";
import { expand, pad, permute, reshape, sliceAll } from "../ops/views.ts";
import type { Tensor } from "../tensor.ts";
import { type GradientRules, unbroadcast } from "./rule.ts";

/** Of what moves elements, adds them up or multiplies matrices. */
export const structureGradients: GradientRules<
  "reduce" | "matmul" | "reshape" | "permute" | "slice" | "expand" | "concat" | "pad"
> = {
  reduce({ operation, inputs, outputs }, [dy]) {
    const x = inputs[0] as Tensor;
    if (operation.fn === "sum") return [expand(dy as Tensor, x.shape)];
    const isLargest = equal(x, outputs[0] as Tensor);
    const share = div(dy as Tensor, sum(isLargest, { axes: operation.axes, keepAxes: true }));
    return [mul(isLargest, share)];
  },

  matmul({ operation: { transposeA, transposeB }, inputs }, [gradient]) {
    const [a, b] = inputs as [Tensor, Tensor];
    const dy = gradient as Tensor;
    const da = transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
      : matmul(dy, b, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, dy, { transposeA: !transposeA });
    return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)];
  },

  reshape: ({ inputs }, [dy]) => [reshape(dy as Tensor, (inputs[0] as Tensor).shape)],

  permute: ({ operation: { axes } }, [dy]) => [
    permute(
      dy as Tensor,
      axes.map((_, axis) => axes.indexOf(axis)),
    ),
  ],

  slice: ({ operation, inputs }, [dy]) => [pad(dy as Tensor, operation.starts, (inputs[0] as Tensor).shape)],

  expand: ({ inputs }, [dy]) => [unbroadcast(dy as Tensor, (inputs[0] as Tensor).shape)],

  concat({ operation: { axis }, inputs }, [dy]) {
    let start = 0;
    return inputs.map(({ shape }) => {
      const starts = shape.map((_, i) => (i === axis ? start : 0));
      start += shape[axis] as number;
      return sliceAll(dy as Tensor, starts, shape);
    });
  },

  pad: ({ operation: { before }, inputs }, [dy]) => [sliceAll(dy as Tensor, before, (inputs[0] as Tensor).shape)],
};
