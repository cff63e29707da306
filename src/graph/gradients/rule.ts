import { GraphError, show } from "../errors.ts";
import type { Operation, OperationOf } from "../operation.ts";
import { sum } from "../ops/reduce.ts";
import { reshape } from "../ops/views.ts";
import type { Node, Shape, Tensor } from "../tensor.ts";

/**
 * The gradients of a node's inputs from those of its outputs, `undefined` where there is none: a vector-Jacobian product, in
 * operations of the graph.
 */
export type GradientRule<O extends Operation = Operation> = (
  node: Node<O>,
  dys: readonly (Tensor | undefined)[],
) => readonly (Tensor | undefined)[];

/** A rule for each operation of a set: TypeScript holds that none is missing. */
export type GradientRules<Names extends Operation["op"]> = {
  readonly [Name in Names]: GradientRule<OperationOf<Name>>;
};

/** @throws GraphError for a node whose gradient is not known: one that is a gradient itself. */
export function isTooDeep({ operation, inputs, where }: Node): never {
  const name = operation.op === "map" ? operation.fn : operation.op;
  const got = inputs.map(({ dtype, shape }) => `${dtype} ${show(shape)}`).join(", ");
  throw new GraphError(`${name}: a gradient has no gradient of its own (got ${got}). Differentiate once.`, where);
}

/** The gradient of what was broadcast to dy's shape: summed over the axes along which it was repeated. */
export function unbroadcast(dy: Tensor, shape: Shape): Tensor {
  const extra = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((side, axis) =>
    axis < extra || (shape[axis - extra] === 1 && side !== 1) ? [axis] : [],
  );
  return reshape(axes.length > 0 ? sum(dy, { axes, keepAxes: true }) : dy, shape);
}
