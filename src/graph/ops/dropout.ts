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
  return rate > 0 && isTraining() ? dropoutOf(x, key, rate, nextDropout()) : x;
}

/** A dropout by its number, as its gradient needs it again. */
export const dropoutOf = (x: Tensor, by: Tensor, rate: number, stream: number): Tensor =>
  applyOne({ op: "dropout", rate, stream }, [x, by], x);
