import { applyOne, demand } from "../node.ts";
import { checkType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { isTraining, nextDropout } from "../trace.ts";
import { key } from "./leaves.ts";

/**
 * In training, x with a share `rate` of its elements set to 0 and the others over 1 − rate; else x. Which they are is a
 * function of the run's seed, the step, and the element.
 *
 * Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout" (JMLR 2014), in the inverted form.
 */
export function dropout(x: Tensor, rate: number): Tensor {
  checkType("dropout", x);
  demand(rate >= 0 && rate < 1, () => `dropout: no rate (got ${rate}, allowed 0 up to 1, without 1). Correct it.`);
  return rate > 0 && isTraining() ? dropoutOf(x, rate, nextDropout()) : x;
}

/** The same dropout again, as its gradient needs it. */
export const dropoutOf = (x: Tensor, rate: number, stream: number): Tensor =>
  applyOne({ op: "dropout", rate, stream }, [x, key], x);
