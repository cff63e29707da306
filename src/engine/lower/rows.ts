import { constantOf, type Node, type OperationOf, type Tensor } from "../../graph/index.ts";
import { argmax } from "../kernels/argmax.ts";
import { crossEntropy, crossEntropyGradient, crossEntropyWithGradient } from "../kernels/crossEntropy.ts";
import {
  type NormShape,
  type NormValues,
  norm,
  normGradient,
  normWeightGradient,
  type RowStatistics,
} from "../kernels/norm.ts";
import { softmax, softmaxGradient } from "../kernels/softmax.ts";
import type { Value } from "../launch.ts";
import type { Lowering, Lowerings } from "./lowering.ts";
import { rowsShape } from "./store.ts";

/** Of the operations over the last axis. */
export const rowKernels: Lowerings<
  | ("softmax" | "softmaxGradient" | "norm" | "normGradient" | "normWeightGradient")
  | ("crossEntropy" | "crossEntropyGradient" | "argmax")
> = {
  softmax(lowering, { operation: { log }, inputs, outputs }) {
    const [x] = inputs as [Tensor];
    const values = { x: lowering.dense(x), y: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...softmax({ log, ...rowsShape(x) }, values, lowering.device));
  },

  softmaxGradient(lowering, { operation: { log }, inputs, outputs }) {
    const [y, dy] = inputs as [Tensor, Tensor];
    const values = { y: lowering.dense(y), dy: lowering.dense(dy), dx: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...softmaxGradient({ log, ...rowsShape(y) }, values, lowering.device));
  },

  norm(lowering, { operation: { kind, eps }, inputs, outputs }) {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
    const operands = { x: lowering.dense(x), weight: lowering.dense(weight) };
    const [y, ...moments] = outputs.map((output) => lowering.result(output)) as [Value, ...Value[]];
    const shift = kind === "layer" ? { bias: lowering.dense(bias) } : {};
    const values = { ...operands, ...shift, y, ...statistics(kind, moments) };
    lowering.emit(...norm({ eps, ...normShape(x, weight) }, values as NormValues, lowering.device));
  },

  normGradient(lowering, node) {
    const { operation, inputs, outputs } = node;
    const [x, weight, ...rest] = inputs.map((input) => lowering.dense(input)) as [Value, Value, ...Value[]];
    const dy = rest.pop() as Value;
    const sum = lowering.sumAfter(outputs[0] as Tensor);
    const residual = sum && lowering.dense(sum.other);
    const dx = lowering.result(sum?.tensor ?? (outputs[0] as Tensor));
    const values = { x, weight, dy, residual, dx, ...statistics(operation.kind, rest) };
    lowering.emit(...normGradient(normShape(inputs[0] as Tensor, inputs[1] as Tensor), values, lowering.device));
  },

  normWeightGradient(lowering, { operation: { kind }, inputs, outputs }) {
    const [x, ...rest] = inputs.map((input) => lowering.dense(input)) as [Value, ...Value[]];
    const dy = rest.pop() as Value;
    const [dweight, dbias] = outputs.map((output) => lowering.result(output)) as [Value, Value];
    const values = { x, dy, dweight, dbias, ...statistics(kind, rest) };
    lowering.emit(...normWeightGradient(normShape(inputs[0] as Tensor, outputs[0] as Tensor), values));
  },

  crossEntropy(lowering, { operation: { labelSmoothing }, inputs, outputs }) {
    const [logits, labels] = inputs as [Tensor, Tensor];
    const [losses, lse] = outputs as [Tensor, Tensor];
    const shape = { labelSmoothing, ...rowsShape(logits) };
    const operands = { logits: lowering.dense(logits), labels: lowering.dense(labels) };
    const results = { losses: lowering.result(losses), lse: lowering.result(lse) };
    const gradient = gradientBeside(lowering, lse);
    if (!gradient) {
      lowering.emit(...crossEntropy(shape, { ...operands, ...results }, lowering.device));
      return;
    }
    lowering.markDone(gradient.node);
    const values = { ...operands, ...results, dlogits: lowering.result(gradient.node.outputs[0] as Tensor) };
    lowering.emit(...crossEntropyWithGradient({ ...shape, scale: gradient.scale }, values, lowering.device));
  },

  crossEntropyGradient(lowering, { operation: { labelSmoothing }, inputs, outputs }) {
    const [logits, labels, lse, dlosses] = inputs.map((input) => lowering.dense(input)) as [Value, Value, Value, Value];
    const shape = { labelSmoothing, ...rowsShape(inputs[0] as Tensor) };
    const values = { logits, labels, lse, dlosses, dlogits: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...crossEntropyGradient(shape, values, lowering.device));
  },

  argmax(lowering, { inputs, outputs }) {
    const [x] = inputs as [Tensor];
    const values = { x: lowering.dense(x), best: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...argmax(rowsShape(x), values, lowering.device));
  },
};

/** The rows of x, and how many copies there are of the weight that they are scaled by. */
function normShape(x: Tensor, weight: Tensor): NormShape {
  return { ...rowsShape(x), copies: rowsShape(weight).rows };
}

function statistics(kind: "layer" | "rms", moments: readonly Value[]): RowStatistics {
  const [first, second] = moments as [Value, Value];
  return kind === "layer" ? { kind, mean: first, rstd: second } : { kind, rstd: first };
}

/** The gradient of the same losses, where all of them count alike: it can be had at once. */
function gradientBeside(
  lowering: Lowering,
  lse: Tensor,
): { readonly node: Node<OperationOf<"crossEntropyGradient">>; readonly scale: number } | undefined {
  for (const node of lowering.uses.users(lse)) {
    const scale = constantOf(node.inputs[3] ?? lse);
    const isGradient = node.operation.op === "crossEntropyGradient";
    if (isGradient && scale !== undefined) return { node: node as Node<OperationOf<"crossEntropyGradient">>, scale };
  }
  return undefined;
}
