import { initialNumbers, leavesOf, namedParameters, randomBits } from "../engine/index.ts";
import { differentiate, elementsOf, type OperationOf, type Tensor, trace } from "../graph/index.ts";
import { exemptByDefault, type UpdateRule } from "../optim/index.ts";
import * as reference from "../reference/index.ts";
import { execute, float32, type Numbers } from "../reference/index.ts";
import { keyStream } from "../train/compileOptions.ts";
import type { Task } from "../train/tasks/index.ts";
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

/** Another way to the weights: a parameter, what changes it, and its state. */
interface Trained {
  readonly leaf: Tensor;
  readonly isExempt: boolean;
  readonly shape: readonly number[];
  param: Float32Array;
  grad: Float32Array;
}

/**
 * The weights of a task after some steps, by the CPU's executor of graphs and its update rules in float32. It begins with
 * the run's weights and sees its batches, and shares no arithmetic with the shaders.
 */
export async function referenceWeights(task: Task, steps: number): Promise<Map<string, Float32Array>> {
  const { model, batch, loss, optimizer: rule, seed } = task;
  const tensors = [...namedParameters(model)].map(([name, leaf], stream): [string, Trained] => {
    const { role } = leaf.node.operation as OperationOf<"parameter">;
    const elements = elementsOf(leaf.shape);
    const param = initialNumbers(leaf, seed, stream);
    const isExempt = exemptByDefault({ name, shape: leaf.shape, role });
    const state = stateOf(rule, elements);
    return [name, { leaf, isExempt, shape: leaf.shape, param, grad: new Float32Array(elements), ...state }];
  });
  const trained = tensors.map(([, tensor]) => tensor);
  const inputs = leavesOf(batch);
  const { result: gradients } = trace(true, () =>
    differentiate(
      loss(model, inputs).loss,
      trained.map(({ leaf }) => leaf),
    ),
  );
  const tasks = new TaskYielder();
  for (let step = 0; step < steps; step++) {
    const { x, y } = task.batchAt(step);
    const numbers = new Map<Tensor, Numbers>(trained.map(({ leaf, param }) => [leaf, param]));
    numbers.set(inputs.x, Float32Array.from(x)).set(inputs.y, Uint32Array.from(y));
    const key = Uint32Array.of(randomBits(seed, keyStream, step));
    const found = execute(gradients, (leaf) => numbers.get(leaf) ?? key, float32);
    for (const [i, tensor] of trained.entries()) {
      tensor.grad = found[i] as Float32Array;
      update(rule, tensor, step + 1);
    }
    await tasks.nextTask();
  }
  tasks.close();
  return new Map(tensors.map(([name, { param }]) => [name, param]));
}

function stateOf(rule: UpdateRule, elements: number): Record<string, Float32Array> {
  const { state } = rule.variant((name) => rule.uses(name));
  return Object.fromEntries(state.map((name) => [name, new Float32Array(elements)]));
}

type Update = (tensor: never, hyper: never, t: number, round: typeof float32, profile: UpdateRule["profile"]) => void;

/** The reference functions by the names of their rules. */
const updates: Readonly<Record<string, unknown>> = { ...reference };

function update(rule: UpdateRule, tensor: Trained, t: number): void {
  const hyper = { ...rule.hyperAt(t), ...(tensor.isExempt && { weightDecay: 0 }) };
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
