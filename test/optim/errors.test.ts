import { describe, expect } from "vitest";
import { DisposedError, type Gpu, LimitError, openGpu, UsageError } from "../../src/gpu/index.ts";
import { adamw, createOptimizer, type OptimizerTensor, sgd } from "../../src/optim/index.ts";
import { all, gpuTest, outcome, readWords } from "../support/gpuTest.ts";
import { badPairs, badTensors, type Row, tensor } from "./badTensors.ts";

type Groups = (beside: OptimizerTensor, w: OptimizerTensor) => Parameters<typeof createOptimizer>[2];

/** Expects the row's error, and that nothing of the tensors or of the GPU's own was written, made or kept. */
async function expectRefusal(gpu: Gpu, [, bad, type, says]: Row, groups: Groups): Promise<void> {
  const other = await openGpu();
  const beside = tensor(gpu.device, "beside");
  const w = { ...tensor(gpu.device), ...bad({ device: gpu.device, beside, other: other.device }) };
  const bytes = () => Promise.all([beside.param, beside.grad].map((each) => readWords(gpu, all(each as GPUBuffer))));
  const before = await bytes();
  const counts = { ...gpu.stream.counts };
  const error = await outcome(createOptimizer(gpu, adamw(), groups(beside, w)));
  expect(error).toBeInstanceOf(type);
  const { name, message } = error as Error;
  expect(name).toBe(type.name);
  expect(message).toContain(says);
  expect(message).toMatch(says.startsWith("tensor") ? /^tensor/ : /^tensor "w": /);
  expect(gpu.stream.counts).toEqual(counts);
  expect(gpu.pool.stats.liveBytes).toBe(0);
  expect(await bytes()).toEqual(before);
  other.destroy();
}

describe("an optimizer is not made over", () => {
  gpuTest.for(badTensors)("%s", (row, { gpu }) => expectRefusal(gpu, row, (beside, w) => [beside, w]));
});

describe("nor in paramGroups of their own over", () => {
  gpuTest.for(badPairs)("%s", (row, { gpu }) =>
    expectRefusal(gpu, row, (beside, w) => [{ tensors: [beside] }, { tensors: [w] }]),
  );
});

gpuTest.for([
  ["no tensors", []],
  ["a paramGroup without tensors", [{ tensors: [] }]],
] as const)("an optimizer over %s is a UsageError", async ([, tensors], { gpu }) => {
  const error = await outcome(createOptimizer(gpu, sgd(), tensors));
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toBe(
    "optimizer: it got no tensors (got 0, allowed 1 or more). Give it one, or a group with one.",
  );
});

gpuTest("state larger than a buffer may be is a LimitError with the tensor's name", async ({ gpu }) => {
  const small = await openGpu({ device: gpu.device, limits: { maxBufferSize: 100 } });
  const error = await outcome(createOptimizer(small, adamw(), [tensor(gpu.device)]));
  expect(error).toBeInstanceOf(LimitError);
  expect((error as Error).message).toContain('tensor "w": larger than one buffer may be (got 128 bytes, allowed 100)');
  expect(small.pool.stats.created).toBe(0);
});

describe("a buffer that is destroyed later is told at the next step,", () => {
  gpuTest.for([
    ["a device of our own", (gpu: Gpu) => Promise.resolve(gpu)],
    ["a device that was lent", (gpu: Gpu) => openGpu({ device: gpu.device })],
  ] as const)("on %s", async ([, open], { doomed }) => {
    const gpu = await open(doomed);
    const [w, beside] = [tensor(doomed.device), tensor(doomed.device, "beside")];
    const optimizer = await createOptimizer(gpu, adamw(), [w, beside]);
    optimizer.step();
    (w.grad as GPUBuffer).destroy();
    optimizer.step(); // The device drops it, and says so later.
    expect(await outcome(gpu.idle())).toBeInstanceOf(DisposedError);
    const counts = { ...gpu.stream.counts };
    expect(() => optimizer.step()).toThrow(DisposedError);
    expect(() => optimizer.step()).toThrow(/^GPU: a buffer that submitted work uses was destroyed\..*the host's/s);
    expect(gpu.stream.counts).toEqual(counts);
    expect(optimizer.stepCount).toBe(2);
  });
});
