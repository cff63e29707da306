import { GraphError } from "./errors.ts";
import type { Operation } from "./operation.ts";
import type { Node, Tensor, TensorType } from "./tensor.ts";
import { currentRegion } from "./trace.ts";
import { caller } from "./where.ts";

let count = 0;
let origin: Pick<Node, "where" | "region"> | undefined;

/** Applies an operation whose outputs are of the given types. */
export function apply<O extends Operation>(
  operation: O,
  inputs: readonly Tensor[],
  types: readonly TensorType[],
): readonly Tensor<O>[] {
  const outputs: Tensor<O>[] = [];
  const node: Node<O> = { id: ++count, operation, inputs, outputs, ...(origin ?? placeOf()) };
  for (const [output, { shape, dtype }] of types.entries()) outputs.push({ node, output, shape, dtype });
  return outputs;
}

/** Applies an operation that has one output. */
export const applyOne = <O extends Operation>(operation: O, inputs: readonly Tensor[], type: TensorType): Tensor<O> =>
  apply(operation, inputs, [type])[0] as Tensor<O>;

const placeOf = (): Pick<Node, "where" | "region"> => ({ where: caller(), region: currentRegion() });

/** Calls a function whose nodes come from that line of the model, and from that block, not from where it is called. */
export function comingFrom<T>({ where, region }: Pick<Node, "where" | "region">, call: () => T): T {
  const outer = origin;
  origin = { where, region };
  try {
    return call();
  } finally {
    origin = outer;
  }
}

/** @throws GraphError with the line of the model, unless `isTrue`. */
export function demand(isTrue: boolean, message: () => string): asserts isTrue {
  if (!isTrue) throw new GraphError(message(), caller());
}
