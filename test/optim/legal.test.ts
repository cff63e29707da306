// What looks wrong and is right: none of it may throw.
import { describe, expect } from "vitest";
import { type Gpu, type Slice, UsageError } from "../../src/gpu/index.ts";
import { adamw, createOptimizer, type OptimizerTensor, type UpdateRule } from "../../src/optim/index.ts";
import { shapeFor } from "../parity/shapes.ts";
import { all, bufferOf, gpuTest, readWords, sharedGpuTest } from "../support/gpuTest.ts";
import { variants } from "./variants.ts";

const ones = (device: GPUDevice, count: number): GPUBuffer => bufferOf(device, new Float32Array(count).fill(1));
const words = (gpu: Gpu, tensor: OptimizerTensor): Promise<Uint32Array> =>
  readWords(gpu, "size" in tensor.param && "buffer" in tensor.param ? tensor.param : all(tensor.param as GPUBuffer));

/** Two steps, after each of which every element of every tensor has moved. */
async function expectToMove(gpu: Gpu, rule: UpdateRule, tensors: readonly OptimizerTensor[]): Promise<void> {
  const optimizer = await createOptimizer(gpu, rule, tensors);
  let before = await Promise.all(tensors.map((tensor) => words(gpu, tensor)));
  for (let t = 1; t <= 2; t++) {
    optimizer.step();
    const after = await Promise.all(tensors.map((tensor) => words(gpu, tensor)));
    for (const [i, now] of after.entries()) expect(now.findIndex((word, k) => word === before[i]?.[k])).toBe(-1);
    before = after;
  }
  optimizer.destroy();
}

describe("hostile names work:", () => {
  const hostile: readonly (readonly [title: string, name: string])[] = [
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "..", "a/b", " ", "0", "null"].map(
      (name) => [name, name] as const,
    ),
    ["a megabyte", "n".repeat(2 ** 20)],
    ["a lone surrogate", "\ud800"],
    ["NUL", "\0"],
    ["quotes and a line break", '"w"\n'],
    ["the name of a state", "m"],
  ];

  sharedGpuTest.for(hostile)("%s", async ([, name], { gpu }) => {
    const tensor = { name, shape: [5], param: ones(gpu.device, 5), grad: ones(gpu.device, 5) };
    await expectToMove(gpu, adamw(), [tensor]);
    const optimizer = await createOptimizer(gpu, adamw(), [tensor]);
    expect(optimizer.stateSlice("m", name).size).toBe(32);
    expect(optimizer.describe()).toContain(`exempt: ${name.split("\n")[0]}`);
    expect(() => optimizer.stateSlice("m", `${name}?`)).toThrow(UsageError);
    optimizer.destroy();
  });

  gpuTest("all of them in one optimizer", async ({ gpu }) => {
    const tensors = hostile.map(([, name]) => {
      return { name, shape: [5], param: ones(gpu.device, 5), grad: ones(gpu.device, 5) };
    });
    await expectToMove(gpu, adamw(), tensors);
    expect(Object.keys({})).toEqual([]);
  });
});

describe("buffers may be shared where nothing is written twice:", () => {
  const at = (buffer: GPUBuffer, offset: number, size: number): Slice => ({ buffer, offset, size });
  const rules = Object.entries(variants);

  sharedGpuTest.for(rules)("%s over ranges of one buffer, 256 bytes apart", async ([, rule], { gpu }) => {
    const one = ones(gpu.device, 64 * 6);
    const tensors = [0, 1, 2].map((i) => {
      return {
        name: `w${i}`,
        shape: shapeFor(rule.name, 61 + i),
        param: at(one, i * 512, 244 + 4 * i),
        grad: at(one, i * 512 + 256, 244 + 4 * i),
      };
    });
    await expectToMove(gpu, rule, tensors);
  });

  sharedGpuTest.for(rules)(
    "%s over parameters that share a gradient, or overlapping ranges of one",
    async ([, rule], { gpu }) => {
      const grads = ones(gpu.device, 128);
      const grad = [grads, grads, at(grads, 0, 400), at(grads, 256, 256)];
      const shape = shapeFor(rule.name, 60);
      const tensors = grad.map((each, i) => ({ name: `w${i}`, shape, param: ones(gpu.device, 60), grad: each }));
      await expectToMove(gpu, rule, tensors);
    },
  );

  gpuTest("a buffer may be larger than its tensor, and a range may have room to spare", async ({ gpu }) => {
    const [param, grad] = [ones(gpu.device, 64), ones(gpu.device, 1000)];
    await expectToMove(gpu, adamw(), [{ name: "w", shape: [8, 8], param, grad: at(grad, 256, 2048) }]);
  });
});

describe("tensors of no elements are legal:", () => {
  const empty = (device: GPUDevice, name: string, shape: readonly number[]): OptimizerTensor => {
    const buffer = ones(device, 4);
    return { name, shape, param: buffer, grad: buffer };
  };

  gpuTest.for(Object.entries(variants))(
    "alone, %s has nothing to do, and counts its steps",
    async ([, rule], { gpu }) => {
      const optimizer = await createOptimizer(gpu, rule, [
        empty(gpu.device, "e", shapeFor(rule.name, 0)),
        empty(gpu.device, "f", [3, 0, 2, 5]),
      ]);
      for (let t = 1; t <= 3; t++) optimizer.step();
      expect(optimizer.stepCount).toBe(3);
      expect(optimizer.dispatchCount).toBe(0);
      expect(gpu.stream.counts).toMatchObject({ dispatches: 0, submits: 0 });
      const { states } = (await optimizer.state()).tensors.get("e")!;
      expect([...states.values()].map(({ length }) => length)).toEqual([...states].map(() => 0));
      optimizer.destroy();
    },
  );

  gpuTest("among others, they are passed over", async ({ gpu }) => {
    const w = { name: "w", shape: [6], param: ones(gpu.device, 6), grad: ones(gpu.device, 6) };
    const e = empty(gpu.device, "e", [2, 0]);
    const optimizer = await createOptimizer(gpu, adamw(), [empty(gpu.device, "d", [0]), w, e]);
    const before = await words(gpu, e);
    optimizer.step();
    expect(await words(gpu, e)).toEqual(before);
    expect(await words(gpu, w)).not.toEqual(new Uint32Array(6).fill(before[0]!));
    optimizer.destroy();
  });

  gpuTest("they may lie anywhere, within another tensor too", async ({ gpu }) => {
    const w = { name: "w", shape: [128], param: ones(gpu.device, 128), grad: ones(gpu.device, 128) };
    const within = (buffer: GPUBuffer): Slice => ({ buffer, offset: 256, size: 0 });
    const e = { name: "e", shape: [0], param: within(w.param), grad: within(w.grad) };
    await expectToMove(gpu, adamw(), [w, { ...e, grad: e.param }, { ...e, name: "f", param: e.grad }]);
  });

  gpuTest("a shape of no sides is one number", async ({ gpu }) => {
    await expectToMove(gpu, adamw(), [
      { name: "scale", shape: [], param: ones(gpu.device, 1), grad: ones(gpu.device, 1) },
    ]);
  });
});
