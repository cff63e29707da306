import {
  type Conv2dSizes,
  elementsOf,
  type KernelOperation,
  type OperationOf,
  type Pool2dSizes,
  type Shape,
} from "../graph/index.ts";
import type { Implementations } from "./implementation.ts";
import type { Values } from "./numerics.ts";
import { argmax } from "./ops/argmax.ts";
import { type AttentionShape, attention, attentionGradient } from "./ops/attention.ts";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "./ops/conv2d.ts";
import { crossEntropy, crossEntropyGradient } from "./ops/crossEntropy.ts";
import { gather, gatherGradient, stackIds } from "./ops/gather.ts";
import { norm, normGradient, normWeightGradient } from "./ops/norm.ts";
import { pool2d, pool2dGradient } from "./ops/pool2d.ts";
import { rotary } from "./ops/rotary.ts";
import { softmax, softmaxGradient } from "./ops/softmax.ts";
import { zeros } from "./ops/zeros.ts";

/** Operations that have a kernel of their own on the GPU: rows, tables, attention and convolutions. */
export const kernelImplementations: Implementations<KernelOperation> = {
  softmax({ operation, operands, to, round }) {
    return softmax(operands[0] as Values, lastOf(to), operation.log, round);
  },

  softmaxGradient({ operation, operands, to, round }) {
    const [y, dy] = operands as [Values, Values];
    return softmaxGradient(y, dy, lastOf(to), operation.log, round);
  },

  norm({ operation: { kind, eps }, operands, shapes, round }) {
    return ofCopies(shapes[1] as Shape, operands as Values[], ([x, weight, bias]) => {
      const { y, mean, rstd } = norm(kind, { x: x as Values, weight: weight as Values, bias }, eps, round);
      return kind === "layer" ? [y, mean, rstd] : [y, rstd];
    });
  },

  normGradient({ operation: { kind }, operands, shapes, round }) {
    return ofCopies(shapes[1] as Shape, operands as Values[], ([x, weight, ...rest]) => {
      return [normGradient(kind, { x: x as Values, weight: weight as Values, ...momentsOf(rest) }, round)];
    });
  },

  normWeightGradient({ operation: { kind }, operands, to, round }) {
    return ofCopies(to, operands as Values[], ([x, ...rest]) => {
      const weight = zeros(x as Values, lastOf(to)); // whose numbers do not matter here
      const { dweight, dbias } = normWeightGradient({ x: x as Values, weight, ...momentsOf(rest) }, round);
      return kind === "layer" ? [dweight, dbias] : [dweight];
    });
  },

  crossEntropy({ operation: { labelSmoothing }, operands, shapes, round }) {
    const [logits, labels] = operands as [Values, Uint32Array];
    const { losses, lse } = crossEntropy(logits, labels, { ...matrixOf(shapes), labelSmoothing }, round);
    return [losses, lse];
  },

  crossEntropyGradient({ operation: { labelSmoothing }, operands, shapes, round }) {
    const [logits, labels, , dlosses] = operands as [Values, Uint32Array, Values, Values];
    return crossEntropyGradient(logits, labels, dlosses, { ...matrixOf(shapes), labelSmoothing }, round);
  },

  argmax({ operands, shapes }) {
    const { rows, columns } = matrixOf(shapes);
    return argmax(operands[0] as Values, rows, columns);
  },

  gather({ operands, shapes }) {
    const [table, ids] = operands as [Values, Uint32Array];
    return gather(matrixOf(shapes), table, ids);
  },

  gatherGradient({ operands, to, round }) {
    const [ids, dy] = operands as [Uint32Array, Values];
    return gatherGradient(matrixOf([to]), ids, dy, round);
  },

  stackIds({ operation: { rows }, operands, to }) {
    return stackIds(operands[0] as Uint32Array, to[0] as number, rows);
  },

  attention({ operation, operands, shapes, round }) {
    const [q, k, v] = operands as [Values, Values, Values];
    const { o, lse } = attention({ q, k, v }, attentionOf(operation, shapes), round);
    return [o, lse];
  },

  attentionGradient({ operation, operands, shapes, round }) {
    const [q, k, v, o, , dout] = operands as [Values, Values, Values, Values, Values, Values];
    const { dq, dk, dv } = attentionGradient({ q, k, v }, { o, dout }, attentionOf(operation, shapes), round);
    return [dq, dk, dv];
  },

  rotary({ operation: { base, isInverse }, operands, to, round }) {
    const [, times, heads, depth] = to as readonly [number, number, number, number];
    return rotary(operands[0] as Values, { times, heads, depth, base, inverse: isInverse }, round);
  },

  conv2d({ operation, operands, shapes, round }) {
    const [x, weight] = operands as [Values, Values];
    const [ofX, ofWeight] = shapes as [Shape, Shape];
    return conv2d(convolutionOf(operation, ofX, ofWeight), x, weight, round);
  },

  conv2dInputGradient({ operation, operands, shapes, to, round }) {
    const [dy, weight] = operands as [Values, Values];
    return conv2dInputGradient(convolutionOf(operation, to, shapes[1] as Shape), dy, weight, round);
  },

  conv2dWeightGradient({ operation, operands, shapes, to, round }) {
    const [x, dy] = operands as [Values, Values];
    return conv2dWeightGradient(convolutionOf(operation, shapes[0] as Shape, to), x, dy, round);
  },

  pool2d({ operation, operands, shapes, round }) {
    return pool2d(poolOf(operation, shapes[0] as Shape), operands[0] as Values, round);
  },

  pool2dGradient({ operation, operands, to, round }) {
    const [x, dy] = operands as [Values, Values];
    return pool2dGradient(poolOf(operation, to), x, dy, round);
  },
};

const lastOf = (shape: Shape): number => shape.at(-1) as number;

/** The first operand's rows, and their length. */
function matrixOf([shape]: readonly Shape[]): { readonly rows: number; readonly columns: number } {
  const sides = shape as Shape;
  return { rows: elementsOf(sides.slice(0, -1)), columns: lastOf(sides) };
}

function attentionOf(
  { isCausal, scale }: OperationOf<"attention" | "attentionGradient">,
  [q, k]: readonly Shape[],
): AttentionShape {
  const [batches, queries, heads, depth] = q as readonly [number, number, number, number];
  return { batches, queries, heads, depth, keys: k?.[1] as number, causal: isCausal, scale };
}

/** The results of each copy of a norm by itself, one after the other: of as many as its weight has rows. */
function ofCopies(
  weight: Shape,
  operands: readonly Values[],
  compute: (own: readonly Values[]) => readonly Values[],
): readonly Values[] {
  const copies = elementsOf(weight.slice(0, -1));
  const partOf = (values: Values, copy: number): Values =>
    values.subarray((copy * values.length) / copies, ((copy + 1) * values.length) / copies);
  const each = Array.from({ length: copies }, (_, copy) => compute(operands.map((values) => partOf(values, copy))));
  return (each[0] as readonly Values[]).map((first, i) => {
    const joined = zeros(first, first.length * copies);
    for (const [copy, results] of each.entries()) joined.set(results[i] as Values, copy * first.length);
    return joined;
  });
}

/** The last operands of a norm's gradients: [mean,] rstd, dy. */
function momentsOf(operands: readonly Values[]): Record<"mean" | "rstd" | "dy", Values> {
  const [rstd, dy] = operands.slice(-2) as [Values, Values];
  return { mean: operands.length === 3 ? (operands[0] as Values) : zeros(rstd, rstd.length), rstd, dy };
}

type Plane = readonly [number, number];

function convolutionOf(
  { stride, padding, groups }: OperationOf<"conv2d" | "conv2dInputGradient" | "conv2dWeightGradient">,
  x: Shape,
  weight: Shape,
): Conv2dSizes {
  const [batch, channels] = x as readonly [number, number];
  const [plane, window] = [x.slice(2), weight.slice(2)] as unknown as readonly [Plane, Plane];
  return { batch, channels, outputs: weight[0] as number, plane, window, stride, padding, groups };
}

function poolOf({ kind, window, stride, padding }: OperationOf<"pool2d" | "pool2dGradient">, x: Shape): Pool2dSizes {
  const [batch, channels] = x as readonly [number, number];
  return { kind, batch, channels, plane: x.slice(2) as unknown as Plane, window, stride, padding };
}
