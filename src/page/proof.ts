import { initialWeights } from "../engine/index.ts";
import { exemptByDefault, type UpdateRule } from "../optim/index.ts";
import * as reference from "../reference/index.ts";
import { float32 } from "../reference/index.ts";
import { type LinearLayer, perceptron } from "../reference/perceptron.ts";
import { Batches } from "../train/batches.ts";
import type { TrainingOptions } from "../train/perceptronTraining.ts";
import { TaskYielder } from "../train/taskYielder.ts";

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
 * The weights after some steps of a run, by the CPU reference in float32. It begins with the run's weights and sees its
 * batches, and shares no arithmetic with the shaders.
 */
export async function referenceWeights(
  { dataset, optimizer: rule, batch, seed, width }: Omit<TrainingOptions, "epochs">,
  steps: number,
): Promise<Map<string, Float32Array>> {
  const { features, classes, train } = dataset;
  const tensors = initialWeights({ features, width, classes: classes.length }, seed).map(({ data, ...tensor }) => ({
    ...tensor,
    isExempt: exemptByDefault(tensor),
    param: data,
    grad: new Float32Array(data.length),
    ...stateOf(rule, data.length),
  }));
  const layers = layersOf(tensors);
  const batches = new Batches(train, batch, seed);
  const x = new Float32Array(batch * features);
  const y = new Uint32Array(batch);
  const tasks = new TaskYielder();
  for (let step = 0; step < steps; step++) {
    batches.fill(step, x, y);
    perceptron(layers, x, y, float32);
    for (const tensor of tensors) update(rule, tensor, tensor.isExempt, step + 1);
    await tasks.nextTask();
  }
  tasks.close();
  return new Map(tensors.map(({ name, param }) => [name, param]));
}

type Tensor = { param: Float32Array; grad: Float32Array };

function stateOf(rule: UpdateRule, elements: number): Record<string, Float32Array> {
  const { state } = rule.variant((name) => rule.uses(name));
  return Object.fromEntries(state.map((name) => [name, new Float32Array(elements)]));
}

function layersOf(tensors: readonly (Tensor & { shape: readonly number[]; role: string })[]): LinearLayer[] {
  const biases = tensors.filter(({ role }) => role === "bias");
  return tensors
    .filter(({ role }) => role === "weight")
    .map((weight, i) => {
      const [inputs, outputs] = weight.shape as [number, number];
      return { inputs, outputs, weight, bias: biases[i] as Tensor };
    });
}

type Update = (tensor: never, hyper: never, t: number, round: typeof float32, profile: UpdateRule["profile"]) => void;

/** The reference functions by the names of their rules. */
const updates: Readonly<Record<string, unknown>> = { ...reference };

function update(rule: UpdateRule, tensor: Tensor, isExempt: boolean, t: number): void {
  const hyper = { ...rule.hyperAt(t), ...(isExempt && { weightDecay: 0 }) };
  (updates[rule.name] as Update)(tensor as never, hyper as never, t, float32, rule.profile);
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
