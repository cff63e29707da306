/** Tensors with what every rule can be asked for beside its own. */
import type { Gpu } from "../../src/gpu/index.ts";
import {
  createOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type StateValues,
  type UpdateRule,
} from "../../src/optim/index.ts";
import { type TestTensor, testTensor } from "./solo.ts";

/** Exempt from the decay: none. */
export const none = () => false;
export const averaged = { averageDecay: 0.9 };

/** Tensors in an optimizer of their own, none of them exempt. */
export async function opened(
  gpu: Gpu,
  rule: UpdateRule,
  tensors: readonly TestTensor[],
  options: OptimizerOptions = averaged,
) {
  return createOptimizer(gpu, rule, [{ tensors, exempt: none }], options);
}

/** Steps with each tensor's gradients of its own step. */
export function run(optimizer: Optimizer, tensors: readonly TestTensor[], steps: number): void {
  for (let i = 0; i < steps; i++) {
    for (const tensor of tensors) tensor.feed(optimizer.stepCountOf(tensor.name) + 1);
    optimizer.step();
  }
}

/** Parameter and states of a tensor, by name. */
export async function holds(
  optimizer: Optimizer,
  tensor: TestTensor,
): Promise<Map<string, StateValues | Float32Array>> {
  const { tensors } = await optimizer.state();
  return new Map<string, StateValues | Float32Array>([
    ["param", await tensor.read()],
    ...(tensors.get(tensor.name)?.states ?? []),
  ]);
}

/** The same tensor, alone, after so many steps. */
export async function alone(gpu: Gpu, rule: UpdateRule, like: TestTensor, seed: number, steps: number) {
  const tensor = testTensor(gpu, like.name, like.shape[0] as number, seed);
  const optimizer = await opened(gpu, rule, [tensor]);
  run(optimizer, [tensor], steps);
  const found = await holds(optimizer, tensor);
  optimizer.destroy();
  return found;
}
