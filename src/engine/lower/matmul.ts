import { elementsOf, type Node, type OperationOf, type Tensor } from "../../graph/index.ts";
import { isWide, type MatmulOperand, matmul, operandOf } from "../kernels/matmul.ts";
import type { View } from "../launch.ts";
import type { Lowering } from "./lowering.ts";
import { reduceLaunches } from "./reduce.ts";
import { storeOf } from "./store.ts";
import { isWidening } from "./uses.ts";
import { denseStrides, expanded, isWhole, reshaped, wholeView } from "./views.ts";

/** Lowers a product of matrices, with what can be computed as it is stored and the column sums that a bias wants. */
export function lowerMatmul(lowering: Lowering, node: Node<OperationOf<"matmul">>): void {
  const { operation, inputs, outputs } = node;
  const [a, b] = inputs as [Tensor, Tensor];
  const [product] = outputs as [Tensor];
  const [rows, columns] = product.shape.slice(-2) as [number, number];
  const inner = a.shape.at(operation.transposeA ? -2 : -1) as number;
  const batch = product.shape.slice(0, -2);
  const left = operand(lowering, a, batch, operation.transposeA);
  const right = halfOperand(lowering, b, batch, operation) ?? operand(lowering, b, batch, operation.transposeB);
  const shape = { batch: elementsOf(batch), rows, columns, inner };
  const columnSums = operation.transposeA ? columnSumsOf(lowering, node, b) : undefined;
  const store = storeOf(lowering, product, columns, columnSums);
  lowering.emit(...matmul(shape, left, right, store, lowering.device));
}

/** The right operand as it is stored in half precision, where the kernel can load it so. */
function halfOperand(
  lowering: Lowering,
  { node, shape }: Tensor,
  batch: readonly number[],
  { transposeB }: OperationOf<"matmul">,
): MatmulOperand | undefined {
  if (!isWidening(node) || shape.length > 2) return undefined;
  const stored = operandOf(lowering.view(node.inputs[0] as Tensor));
  if (!stored || !isWide(stored, { batch: elementsOf(batch) })) return undefined;
  return transposeB ? { ...stored, isTransposed: !stored.isTransposed } : stored;
}

function operand(lowering: Lowering, tensor: Tensor, batch: readonly number[], isTransposed: boolean): MatmulOperand {
  const [rows, columns] = tensor.shape.slice(-2) as [number, number];
  const flat = [elementsOf(batch), rows, columns];
  const inPlace = (view: View): MatmulOperand | undefined => {
    const together = reshaped(expanded(view, [...batch, rows, columns]), flat);
    return together && operandOf(together);
  };
  const found = inPlace(lowering.view(tensor)) ?? inPlace(wholeView(lowering.dense(tensor), tensor.shape));
  const made = found ?? repeated(lowering, tensor, [...batch, rows, columns]);
  return isTransposed ? { ...made, isTransposed: !made.isTransposed } : made;
}

/** A batch that strides cannot say, such as one repeated along its first axis only: copied out. */
function repeated(lowering: Lowering, tensor: Tensor, shape: readonly number[]): MatmulOperand {
  const value = { label: "engine/repeated", elements: elementsOf(shape), dtype: "float32" as const };
  const view = expanded(lowering.view(tensor), shape);
  const stores = [{ expression: { kind: "load", view } as const, target: { value, accumulates: false } }];
  lowering.emit(...lowering.mapTo(stores, { ...tensor, shape }));
  const [batchStride = 0, rowStride = 1] = denseStrides([1, ...shape].slice(-3));
  return { value, offset: 0, batchStride, rowStride, isTransposed: false };
}

/** Lowers a sum or a maximum, unless a product will have done it. */
export function lowerReduce(lowering: Lowering, node: Node<OperationOf<"reduce">>): void {
  const matrix = summedColumns(node);
  const products = matrix ? lowering.uses.readers(matrix) : [];
  if (products.some((product) => canSum(lowering, product.node, product.as, node))) lowering.leave(node);
  else reduce(lowering, node);
}

function reduce(lowering: Lowering, { operation, inputs, outputs }: Node<OperationOf<"reduce">>): void {
  const [x] = inputs as [Tensor];
  const expression = lowering.fit(lowering.expression(x), x);
  const reduction = { fn: operation.fn, axes: operation.axes, shape: x.shape, expression };
  lowering.emit(...reduceLaunches(reduction, lowering.result(outputs[0] as Tensor), lowering.device));
}

/** The gradient of a bias beside that of a weight: the first sum over all rows of the matrix. Others are computed now. */
function columnSumsOf(lowering: Lowering, product: Node, matrix: Tensor): Tensor | undefined {
  let sums: Tensor | undefined;
  for (const { node } of lowering.uses.readers(rootOf(matrix))) {
    if (!canSum(lowering, product, matrix, node) || !lowering.take(node)) continue;
    if (sums) reduce(lowering, node as Node<OperationOf<"reduce">>);
    else sums = node.outputs[0] as Tensor;
  }
  return sums;
}

/** What a sum adds up along the rows of matrices, under whatever shape: the axes before the last, but for a batch's. */
function summedColumns({ operation: { fn, axes }, inputs }: Node<OperationOf<"reduce">>): Tensor | undefined {
  const [x] = inputs as [Tensor];
  const first = x.shape.length - 1 - axes.length;
  return fn === "sum" && axes.every((axis, i) => axis === first + i) ? rootOf(x) : undefined;
}

/** Whether a node is a product, still to come, whose kernel sees the columns that the sum adds up. */
function canSum(lowering: Lowering, product: Node, matrix: Tensor, sum: Node): boolean {
  const { operation, inputs } = product;
  if (operation.op !== "matmul" || !operation.transposeA || operation.transposeB || lowering.isDone(product))
    return false;
  const [x] = sum.inputs as [Tensor];
  const columns = matrix.shape.at(-1);
  const hasSameBatch =
    elementsOf((sum.outputs[0] as Tensor).shape) === elementsOf([...matrix.shape.slice(0, -2), columns as number]);
  const isWholeBatch =
    elementsOf((product.outputs[0] as Tensor).shape.slice(0, -2)) === elementsOf(matrix.shape.slice(0, -2));
  const isSame = inputs[1] === matrix && columns === x.shape.at(-1) && hasSameBatch && isWholeBatch;
  return isSame && isWhole(lowering.view(matrix));
}

/** The tensor that has the same elements in the same order. */
function rootOf(tensor: Tensor): Tensor {
  const { operation, inputs } = tensor.node;
  return operation.op === "reshape" ? rootOf(inputs[0] as Tensor) : tensor;
}
