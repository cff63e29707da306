import type { MapFunction, OperationOf } from "../operation.ts";
import { dropoutOf } from "../ops/dropout.ts";
import * as ops from "../ops/map.ts";
import type { Tensor } from "../tensor.ts";
import { type GradientRule, type GradientRules, isTooDeep, unbroadcast } from "./rule.ts";

const { add, div, equal, less, mul, neg, sigmoid, sign, sub, where } = ops;

/** Gradients of the operands a, b, c of y, before they are summed to the operands' shapes. */
type MapRule = (
  dy: Tensor,
  operands: { readonly a: Tensor; readonly b: Tensor; readonly c: Tensor; readonly y: Tensor },
) => readonly (Tensor | undefined)[];

const isFlat: MapRule = () => [];

const mapRules: { readonly [fn in MapFunction]: MapRule | undefined } = {
  neg: (dy) => [neg(dy)],
  abs: (dy, { a }) => [mul(dy, sign(a))],
  sign: isFlat,
  square: (dy, { a }) => [mul(dy, mul(a, 2))],
  sqrt: (dy, { y }) => [div(mul(dy, 0.5), y)],
  exp: (dy, { y }) => [mul(dy, y)],
  log: (dy, { a }) => [div(dy, a)],
  softplus: (dy, { a }) => [mul(dy, sigmoid(a))],
  relu: (dy, { y }) => [ops.reluGradient(y, dy)],
  gelu: (dy, { a }) => [ops.geluGradient(a, dy)],
  geluTanh: (dy, { a }) => [ops.geluTanhGradient(a, dy)],
  silu: (dy, { a }) => [ops.siluGradient(a, dy)],
  tanh: (dy, { y }) => [ops.tanhGradient(y, dy)],
  sigmoid: (dy, { y }) => [ops.sigmoidGradient(y, dy)],
  float: (dy, { a }) => (a.dtype === "uint32" ? [] : [dy]),
  add: (dy) => [dy, dy],
  sub: (dy) => [dy, neg(dy)],
  mul: (dy, { a, b }) => [mul(dy, b), mul(dy, a)],
  div: (dy, { b, y }) => [div(dy, b), neg(div(mul(dy, y), b))],
  // Where both are the same, each has half, as in PyTorch.
  maximum: (dy, { a, b }) => shared(dy, less(b, a), equal(a, b)),
  minimum: (dy, { a, b }) => shared(dy, less(a, b), equal(a, b)),
  less: isFlat,
  equal: isFlat,
  where: (dy, { a }) => [undefined, where(a, dy, 0), where(a, 0, dy)],
  reluGradient: undefined,
  tanhGradient: undefined,
  sigmoidGradient: undefined,
  geluGradient: undefined,
  geluTanhGradient: undefined,
  siluGradient: undefined,
};

function shared(dy: Tensor, isFirst: Tensor, areSame: Tensor): readonly Tensor[] {
  const first = mul(dy, add(isFirst, mul(areSame, 0.5)));
  return [first, sub(dy, first)];
}

const map: GradientRule<OperationOf<"map">> = (node, [dy]) => {
  const { operation, inputs, outputs } = node;
  const rule = mapRules[operation.fn] ?? isTooDeep(node);
  const [a, b, c] = inputs as [Tensor, Tensor, Tensor];
  const gradients = rule(dy as Tensor, { a, b, c, y: outputs[0] as Tensor });
  return gradients.map((gradient, i) => gradient && unbroadcast(gradient, (inputs[i] as Tensor).shape));
};

export const mapGradients: GradientRules<"map" | "dropout"> = {
  map,
  dropout: ({ operation: { rate, stream }, inputs }, [dy]) => [
    dropoutOf(dy as Tensor, inputs[1] as Tensor, rate, stream),
  ],
};
