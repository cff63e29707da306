import * as graph from "../../graph/index.ts";
import { type Model, model } from "../model.ts";

/** One after the other; parameters are named `0.weight`, `2.weight`, … by their places. */
export const sequential = (...parts: readonly Model[]): Model =>
  model(parts, (list: readonly Model[], x: graph.Tensor) => list.reduce((value, part) => part(value), x));

/** x + inner(x), the parameters being named as those of `inner`. */
export const residual = (inner: Model): Model => model(inner, (part: Model, x: graph.Tensor) => graph.add(x, part(x)));

/**
 * The same block, whose activations are computed again for the backward pass and not kept: memory for about a third more
 * arithmetic.
 */
export const recomputed = <Arguments extends unknown[], Result, Parameters>(
  block: Model<Arguments, Result, Parameters>,
  name = "block",
): Model<Arguments, Result, Parameters> =>
  Object.assign((...args: Arguments) => graph.recomputed(name, () => block(...args)), { parameters: block.parameters });
