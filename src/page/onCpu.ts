/** Runs by the CPU reference: what they are called, and which are refused for the time that they would take. */
import { HyperparameterError } from "../optim/index.ts";
import type { Trainer } from "../train/index.ts";
import type { Task } from "../train/tasks/index.ts";
import { duration } from "./format.ts";

/** What stands where otherwise an adapter's name does. */
export const cpuLabel = "the CPU reference, not a GPU";

/** Seconds that a run may take at most. */
const patience = 600;

/** Looks at one example: the first ones wait for the engine to compile them. */
const looks = 4;

/**
 * @throws HyperparameterError, by rejection, for a task that the CPU would need more than ten minutes for, as the time of one
 * example tells: the backward pass takes about twice that of the forward pass.
 */
export async function requireShort(
  training: Trainer<Task["model"], Task["batch"]>,
  { batch, batchAt, steps }: Task,
): Promise<void> {
  const [count = 1, ...sides] = batch.x.shape;
  const one = { x: { ...batch.x, shape: [1, ...sides] } };
  const evaluator = await training.evaluator(one, (model, { x }) => ({ y: model(x) }));
  const { x } = batchAt(0);
  const example = { x: Array.from(x).slice(0, x.length / count) };
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < looks; i++) {
    const began = performance.now();
    await evaluator.run(example);
    fastest = Math.min(fastest, performance.now() - began);
  }
  const seconds = (3 * fastest * count * steps) / 1000;
  if (seconds <= patience) return;
  throw new HyperparameterError(
    `run: the CPU would need about ${duration(seconds)} for it (got ${steps.toLocaleString("en")} steps of ` +
      `${duration(seconds / steps)}, allowed ${duration(patience)}). Take a smaller network, fewer steps, or a GPU.`,
  );
}
