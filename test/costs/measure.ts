/** What a step of each rule and of each example task costs, in numbers that are the same on every machine: test/costs.json. */
import { costsOfStep } from "../../bench/contenders.ts";
import { type BenchTask, exampleTasks } from "../../bench/tasks.ts";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { createOptimizer, type UpdateRule } from "../../src/optim/index.ts";
import { type CompileOptions, compile } from "../../src/train/index.ts";
import type { Task } from "../../src/train/tasks/index.ts";
import { model } from "../optim/model.ts";
import { variants } from "../optim/variants.ts";

interface StepCost {
  readonly dispatches: number;
  readonly submits: number;
  readonly writes: number;
  /** What the device is asked to create, but encoders. */
  readonly objects: number;
}

/** Of an update of 148 tensors in 3 param groups. */
export interface RuleCost extends StepCost {
  readonly bytesMoved: number;
  readonly stateBytes: number;
}

/** Of a training step. */
export interface TaskCost extends StepCost {
  /** What a GPU can run side by side counts as one. */
  readonly waves: number;
  readonly parameterBytes: number;
  readonly stateBytes: number;
  readonly activationBytes: number;
  /** Of all buffers that are alive, what they are rounded up to included: the peak, since they stay as they are. */
  readonly liveBytes: number;
}

export interface Costs {
  readonly rules: Readonly<Record<string, RuleCost>>;
  readonly tasks: Readonly<Record<string, TaskCost>>;
}

export async function ruleCost(gpu: Gpu, rule: UpdateRule): Promise<RuleCost> {
  const { paramGroups, destroy } = model(gpu, 148, 3, rule);
  const optimizer = await createOptimizer(gpu, rule, paramGroups);
  const shapes = paramGroups.flatMap(({ tensors }) => tensors.map(({ shape }) => shape));
  const parameters = shapes.reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
  const counts = await countsOf(gpu, { step: () => optimizer.step(), settle: () => gpu.idle() });
  const bytesMoved = Math.round(optimizer.bytesPerParameter * parameters);
  const { stateBytes } = optimizer;
  optimizer.destroy();
  destroy();
  return { ...counts, bytesMoved, stateBytes };
}

export async function taskCost(
  gpu: Gpu,
  task: BenchTask,
  more: Pick<CompileOptions<Task["model"], Task["batch"]>, "matmulTable"> = {},
): Promise<TaskCost> {
  const before = gpu.pool.stats.liveBytes;
  // In how many submits a step goes out depends on how long it takes.
  const training = await compile(gpu, { ...task, ...more, submitBudget: Number.POSITIVE_INFINITY });
  const step = (): Promise<void> => training.step(task.batchAt(0));
  const counts = await countsOf(gpu, { step, settle: () => training.settled() });
  const liveBytes = gpu.pool.stats.liveBytes - before;
  const { waves } = training;
  const { parameters: parameterBytes, states: stateBytes, activations: activationBytes } = training.memory;
  training.destroy();
  return { ...counts, waves, parameterBytes, stateBytes, activationBytes, liveBytes };
}

/** One step is enough: the first is like all others. That they stay so is for other tests. */
async function countsOf(gpu: Gpu, steps: Parameters<typeof costsOfStep>[1]): Promise<StepCost> {
  const { dispatches, submits, writes, objects } = await costsOfStep(gpu, steps, 1);
  return { dispatches, submits, writes, objects };
}

/** All of them, on the adapter that every machine has: for scripts/costs.mjs. */
export async function run(_: unknown, progress: (value: [number, number, string]) => void): Promise<Costs> {
  const gpu = await openGpu({ software: true });
  const [named, tasks] = [Object.entries(variants), Object.entries(exampleTasks)];
  const of = named.length + tasks.length;
  const costs = { rules: {} as Record<string, RuleCost>, tasks: {} as Record<string, TaskCost> };
  for (const [i, [name, rule]] of named.entries()) {
    progress([i, of, name]);
    costs.rules[name] = await ruleCost(gpu, rule);
  }
  for (const [i, [name, task]] of tasks.entries()) {
    progress([named.length + i, of, name]);
    costs.tasks[name] = await taskCost(gpu, task());
  }
  progress([of, of, "done"]);
  gpu.destroy();
  return costs;
}
