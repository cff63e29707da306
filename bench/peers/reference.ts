/** What the CPU specification, in float32, finds for the same weights, batches and gradients. */
import { leavesOf, losses, namedParameters } from "../../src/engine/index.ts";
import { differentiate, type Tensor, trace } from "../../src/graph/index.ts";
import {
  type AdamHyper,
  type AdamTensor,
  adam,
  adamw,
  execute,
  float32,
  type Numbers,
} from "../../src/reference/index.ts";
import type { Hyper, RuleName } from "./task.ts";
import { numbersOf, period, type Training } from "./workloads.ts";

const rules = { adam, adamw };

const whole = (hyper: Hyper): AdamHyper => ({ ...hyper, maximize: false });

interface HostTensor extends AdamTensor {
  readonly param: Float32Array;
}

const tensorOf = (numbers: Float32Array): HostTensor => {
  const zeros = (): Float32Array => new Float32Array(numbers.length);
  return { param: Float32Array.from(numbers), grad: zeros(), m: zeros(), v: zeros() };
};

/** The loss of each batch before its step, by Adam. Slow: `report` is told after each. */
export async function referenceLosses(
  { task, model, types }: Training,
  report: (step: number) => Promise<void>,
): Promise<number[]> {
  const leaves = namedParameters(model);
  const inputs = leavesOf(types);
  const { result } = trace(true, () => {
    const loss = losses.crossEntropy(model(inputs.x as Tensor), inputs.y as Tensor);
    return [loss, ...differentiate(loss, [...leaves.values()])];
  });
  const tensors = new Map(
    [...leaves].map(([name, leaf]) => [leaf, tensorOf(task.weights.get(name)?.data ?? new Float32Array())]),
  );
  const found: number[] = [];
  for (const [step, { x, y }] of task.batches.entries()) {
    const numbersFor = (leaf: Tensor): Numbers => tensors.get(leaf)?.param ?? (leaf === inputs.x ? x : y);
    const [loss, ...gradients] = execute(result, numbersFor, float32);
    for (const [i, tensor] of [...tensors.values()].entries()) {
      adam({ ...tensor, grad: gradients[i] as Float32Array }, whole(task.hyper), step + 1, float32, "accurate");
    }
    found.push((loss as Numbers)[0] as number);
    await report(step);
  }
  return found;
}

/** The numbers that all tensors repeat, as the rule leaves them after so many steps, each with gradients of its own. */
export function referenceUpdate(rule: RuleName, hyper: Hyper, steps: number): Float32Array {
  const tensor = tensorOf(numbersOf(0, 0, period));
  for (let step = 1; step <= steps; step++) {
    rules[rule]({ ...tensor, grad: numbersOf(step, 0, period) }, whole(hyper), step, float32, "accurate");
  }
  return tensor.param;
}
