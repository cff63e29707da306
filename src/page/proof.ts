import { compile, fit } from "../train/index.ts";
import type { Task } from "../train/tasks/index.ts";

/** How far the GPU's weights are from the CPU reference's after the same first steps of the same run. */
export interface Proof {
  readonly steps: number;
  readonly maxAbsDifference: number;
  readonly meanAbsDifference: number;
  /** The largest difference in units in the last place of the largest weight of its tensor. */
  readonly maxUlp: number;
  /** Share of the weights that are the same float32. */
  readonly bitEqualShare: number;
}

/**
 * The weights of a task after some steps, by the CPU's executor of graphs and its update rules in float32. It begins with
 * the run's weights and sees its batches, and shares no arithmetic with the shaders.
 */
export async function referenceWeights(task: Task, steps: number): Promise<Map<string, Float32Array>> {
  const training = await compile("cpu", task);
  await fit(training, { steps, batch: task.batchAt });
  return new Map([...(await training.readWeights())].map(([name, { data }]) => [name, data]));
}

/** How far the GPU's weights after some steps are from the reference's. */
export function compareWeights(
  steps: number,
  actual: ReadonlyMap<string, { readonly data: Float32Array }>,
  expected: ReadonlyMap<string, Float32Array>,
): Proof {
  let [max, maxUlp, sum, equal, count] = [0, 0, 0, 0, 0];
  for (const [name, values] of expected) {
    const data = actual.get(name)?.data as Float32Array;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (let i = 0; i < values.length; i++) {
      const difference = Math.abs((data[i] as number) - (values[i] as number));
      max = Math.max(max, difference);
      maxUlp = Math.max(maxUlp, difference / ulp(largest));
      sum += difference;
      equal += Object.is(data[i], values[i]) ? 1 : 0;
    }
    count += values.length;
  }
  return { steps, maxAbsDifference: max, meanAbsDifference: sum / count, maxUlp, bitEqualShare: equal / count };
}

/** The distance from a float32 to the next one away from zero. */
function ulp(value: number): number {
  return 2 ** (Math.max(Math.floor(Math.log2(value)), -126) - 23);
}
