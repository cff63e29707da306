/**
 * Tensors that come, pause and go on. Each counts its own steps, so it must hold the same bits as one that is alone in an
 * optimizer and is stepped just as often.
 */
import { describe, expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import { adamw, createOptimizer, DuplicateParameterError, type Optimizer, sgd, UsageError } from "../../src/index.ts";
import { optionsOf, ruleOf } from "../parity/rules.ts";
import { type Row, table } from "../parity/table.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { spreadOfEachRule } from "../support/spread.ts";
import { type TestTensor, tensorFor, testTensor } from "./solo.ts";

const rows = spreadOfEachRule(table, 2).map((row) => [`${row.rule} · ${row.desc}`, row] as const);
const all = () => false;

/** Parameter and states of a tensor, in one array. */
async function holds(optimizer: Optimizer, tensor: TestTensor): Promise<ArrayLike<number>[]> {
  const { tensors } = await optimizer.state();
  return [await tensor.read(), ...(tensors.get(tensor.name)?.states.values() ?? [])];
}

/** The same tensor, alone, after so many steps. */
async function alone(gpu: Gpu, row: Row, name: string, count: number, seed: number, steps: number) {
  const tensor = tensorFor(gpu, row, name, count, seed);
  const optimizer = await createOptimizer(gpu, ruleOf(row.rule)(optionsOf(row)), [{ tensors: [tensor], exempt: all }]);
  for (let t = 1; t <= steps; t++) {
    tensor.feed(t);
    optimizer.step();
  }
  const found = await holds(optimizer, tensor);
  optimizer.destroy();
  return found;
}

describe("a tensor that is frozen for a while", () => {
  sharedGpuTest.for(rows)("%s: keeps every bit, and then goes on where it left off", async ([, row], { gpu }) => {
    const [still, moving] = [tensorFor(gpu, row, "still", 37, 1), tensorFor(gpu, row, "moving", 70, 2)];
    const rule = ruleOf(row.rule)(optionsOf(row));
    const optimizer = await createOptimizer(gpu, rule, [{ tensors: [still, moving], exempt: all }]);
    const steps = { still: 0, moving: 0 };
    const step = (): void => {
      still.feed(optimizer.stepCountOf("still") + 1);
      moving.feed(++steps.moving);
      optimizer.step();
    };
    for (let i = 0; i < 3; i++) step();
    optimizer.freeze("still");
    const before = await holds(optimizer, still);
    for (let i = 0; i < 4; i++) step();
    expect(await holds(optimizer, still)).toEqual(before);
    expect(optimizer.stepCountOf("still")).toBe(3);
    optimizer.unfreeze("still");
    for (let i = 0; i < 5; i++) step();
    expect(optimizer.stepCountOf("still")).toBe(8);
    expect(await holds(optimizer, still)).toEqual(await alone(gpu, row, "still", 37, 1, 8));
    expect(await holds(optimizer, moving)).toEqual(await alone(gpu, row, "moving", 70, 2, 12));
    optimizer.destroy();
  });

  gpuTest("with all the others: nothing is updated, and the step counts for none", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 9, 3);
    const optimizer = await createOptimizer(gpu, adamw(), [w]);
    optimizer.freeze("w");
    optimizer.step();
    optimizer.step();
    expect([optimizer.stepCount, optimizer.stepCountOf("w")]).toEqual([2, 0]);
    expect(optimizer.describe()).toMatch(/^frozen: w$/m);
    optimizer.destroy();
  });

  gpuTest("must be the optimizer's, and no update may be waiting for its submit", async ({ gpu }) => {
    const optimizer = await createOptimizer(gpu, adamw(), [testTensor(gpu, "w", 9, 3)]);
    expect(() => optimizer.freeze("w", "v")).toThrow(/no tensor "v" \(it has w\)/);
    optimizer.encode();
    expect(() => optimizer.freeze("w")).toThrow(UsageError);
    gpu.stream.submit();
    optimizer.freeze("w");
    optimizer.destroy();
  });
});

describe("a group that joins later", () => {
  sharedGpuTest.for(rows)("%s: begins at its own first step, and disturbs nobody", async ([, row], { gpu }) => {
    const [first, later] = [tensorFor(gpu, row, "first", 1030, 4), tensorFor(gpu, row, "later", 21, 5)];
    const optimizer = await createOptimizer(gpu, ruleOf(row.rule)(optionsOf(row)), [{ tensors: [first], exempt: all }]);
    for (let t = 1; t <= 5; t++) {
      first.feed(t);
      optimizer.step();
    }
    await optimizer.addParamGroup({ tensors: [later], exempt: all });
    for (let t = 6; t <= 9; t++) {
      first.feed(t);
      later.feed(t - 5);
      optimizer.step();
    }
    expect(optimizer.paramGroups).toHaveLength(2);
    expect(await holds(optimizer, first)).toEqual(await alone(gpu, row, "first", 1030, 4, 9));
    expect(await holds(optimizer, later)).toEqual(await alone(gpu, row, "later", 21, 5, 4));
    optimizer.destroy();
  });

  gpuTest("and is refused leaves the optimizer as it was", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 12, 6);
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [w]);
    const bytes = gpu.pool.stats.liveBytes;
    await expect(optimizer.addParamGroup({ tensors: [w] })).rejects.toThrow(DuplicateParameterError);
    const late = testTensor(gpu, "late", 3, 7);
    await expect(optimizer.addParamGroup({ tensors: [late], hyper: { momentum: 0.9 } })).rejects.toThrow(/momentum/);
    late.grad.destroy();
    await expect(optimizer.addParamGroup({ tensors: [late] })).rejects.toThrow(/tensor "late".*grad.*destroyed/);
    expect(gpu.pool.stats.liveBytes).toBe(bytes);
    w.feed(1);
    optimizer.step();
    expect(await w.read()).toEqual((await alone(gpu, rowOfSgd, "w", 12, 6, 1))[0]);
    optimizer.destroy();
  });
});

gpuTest(
  "a group cannot join while an update waits for its submit, nor an optimizer that is destroyed",
  async ({ gpu }) => {
    const [w, late] = [testTensor(gpu, "w", 12, 6), testTensor(gpu, "late", 3, 7)];
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [{ tensors: [w], exempt: all }]);
    w.feed(1);
    const joining = optimizer.addParamGroup({ tensors: [late] });
    optimizer.encode();
    await expect(joining).rejects.toThrow(/encoded and not submitted/);
    gpu.stream.submit();
    expect(await w.read()).toEqual((await alone(gpu, rowOfSgd, "w", 12, 6, 1))[0]);
    const tooLate = optimizer.addParamGroup({ tensors: [late] });
    optimizer.destroy();
    await expect(tooLate).rejects.toThrow(/destroyed/);
  },
);

const rowOfSgd: Row = { rule: "sgd", desc: "lr 0.1", hyper: { lr: 0.1 } };

gpuTest("encodeTo puts the update into a pass of the caller's", async ({ gpu }) => {
  const w = testTensor(gpu, "w", 1500, 8);
  const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [{ tensors: [w], exempt: all }]);
  for (let t = 1; t <= 3; t++) {
    w.feed(t);
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    optimizer.encodeTo(pass);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
  }
  expect(await w.read()).toEqual((await alone(gpu, rowOfSgd, "w", 1500, 8, 3))[0]);
  optimizer.destroy();
});
