import type { Operation } from "./operation.ts";
import type { Region } from "./region.ts";

/** How elements lie in memory. Arithmetic is in float32 whatever the storage; indices and classes are uint32. */
export type DType = "float32" | "float16" | "bfloat16" | "uint32";

export type Shape = readonly number[];

/** What is known of a tensor before anything has run. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One application of an operation. Its operands were there before it, so the ids of nodes are a topological order. */
export interface Node<O extends Operation = Operation> {
  readonly id: number;
  readonly operation: O;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The line of the caller's code that made it, such as `model.ts:12:7`; empty where the engine cannot tell. */
  readonly where: string;
  /** The block that it is computed again with, if any. */
  readonly region: Region | undefined;
}

/** A tensor to be computed: one of the outputs of a node. It has a shape and a type, and no numbers. */
export interface Tensor<O extends Operation = Operation> extends TensorType {
  readonly node: Node<O>;
  /** Which of the node's outputs. */
  readonly output: number;
}

/** Elements of a shape. */
export const elementsOf = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);
