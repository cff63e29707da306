import type { Gpu } from "../../src/gpu/index.ts";
import { createOptimizer, type Optimizer, type OptimizerOptions } from "../../src/optim/index.ts";
import type { ParityTensor } from "../parity/cases.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { allocate, readAll, type TensorMemory } from "../parity/memory.ts";
import { optionsOf, ruleOf } from "../parity/rules.ts";
import { type CaseStorage, roundedTo, storageOf } from "../parity/storage.ts";
import type { Row } from "../parity/table.ts";

export interface StorageRun {
  readonly optimizer: Optimizer;
  readonly memory: TensorMemory;
  /** One update, from the gradients of `t`. */
  step(t: number): void;
  /** The parameters, tensor by tensor. */
  params(): Promise<Float32Array[]>;
  /** Puts parameters in their place. */
  restore(values: readonly Float32Array[]): void;
  destroy(): void;
}

/** An optimizer that keeps numbers in fewer bits than 32, over tensors in buffers of their own, of which one is empty. */
export async function storageRun(
  gpu: Gpu,
  row: Row,
  kept: CaseStorage,
  options: OptimizerOptions = {},
): Promise<StorageRun> {
  const { dtype, states } = storageOf(kept);
  const counts = [33, 1027, 0, 262];
  const tensors: ParityTensor[] = counts.map((count, i) => ({ name: `w${i}`, shape: [count], paramGroup: 0 }));
  const memory = allocate(gpu, tensors, "own buffers", dtype);
  const given = tensors.map(({ name, shape }) => {
    return { name, shape, dtype, param: memory.param(name), grad: memory.grad(name) };
  });
  const rule = ruleOf(row.rule)({ ...optionsOf(row), states });
  const groups = [{ tensors: given, exempt: () => false }];
  const optimizer = await createOptimizer(gpu, rule, groups, { masters: kept.masters ?? false, ...options });
  const write = (role: "param" | "grad", values: readonly Float32Array<ArrayBuffer>[]): void =>
    memory.write(
      role,
      values.map((each) => roundedTo(dtype, each)),
    );
  write(
    "param",
    counts.map((count, i) => initialParam(i + 1, count)),
  );
  return {
    optimizer,
    memory,
    step: (t) => {
      write(
        "grad",
        counts.map((count, i) => gradientAt(i + 1, t, count)),
      );
      optimizer.step();
    },
    params: () =>
      readAll(
        gpu,
        tensors.map(({ name }) => memory.param(name)),
        counts,
        dtype,
      ),
    restore: (values) => memory.write("param", values as readonly Float32Array<ArrayBuffer>[]),
    destroy: () => {
      optimizer.destroy();
      memory.destroy();
    },
  };
}
