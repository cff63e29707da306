// What Adafactor needs of the device, and says where it is not there.
import { describe, expect } from "vitest";
import { LimitError, openGpu } from "../../src/gpu/index.ts";
import { adafactor, createOptimizer } from "../../src/optim/index.ts";
import { gpuTest, outcome, sharedGpuTest } from "../support/gpuTest.ts";
import { testTensor } from "./solo.ts";

describe("dispatches of a step, in buffers of each tensor's own:", () => {
  sharedGpuTest.for([
    ["vectors need no sums of rows", [[4], [8]], 2 + 1 + 2],
    ["matrices take a dispatch each for their blocks", [[4, 1], [2, 4], [8]], 2 + 1 + 1 + 3 + 1 + 3],
    ["small matrices of a batch share one", [[64, 2, 2]], 6],
  ] as const)("%s, %j: %i", async ([, shapes, dispatches], { gpu }) => {
    const tensors = shapes.map((shape, i) => {
      const count = (shape as readonly number[]).reduce((product, side) => product * side, 1);
      return testTensor(gpu, `w${i}`, count, i, shape);
    });
    const optimizer = await createOptimizer(gpu, adafactor(), tensors);
    expect(optimizer.dispatchCount).toBe(dispatches);
    optimizer.destroy();
  });
});

describe("a matrix that is a LimitError, which names it and keeps nothing:", () => {
  sharedGpuTest.for([
    ["of too many rows for its states", [1100, 1], "binds its states whole (got 4868 bytes, allowed 4096)"],
    [
      "too large for its sums",
      [300, 100],
      "binds the sums of its rows and columns whole (got 22040 bytes, allowed 4096)",
    ],
  ] as const)("%s, %j", async ([, shape, says], { gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { maxStorageBufferBindingSize: 4096 } });
    const tensors = [testTensor(small, "fits", 12, 1, [3, 4]), testTensor(small, "w", shape[0] * shape[1], 2, shape)];
    const error = await outcome(createOptimizer(small, adafactor(), tensors));
    expect(error).toBeInstanceOf(LimitError);
    expect((error as Error).message).toBe(`tensor "w": adafactor ${says}. Split it in two.`);
    expect(small.pool.stats.liveBytes).toBe(0);
  });
});

gpuTest(
  "on a device of eight storage buffers a kernel it runs, with an average of the weights too",
  async ({ gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { maxStorageBuffersPerShaderStage: 8 } });
    const w = testTensor(small, "w", 12, 1, [3, 4]);
    const optimizer = await createOptimizer(small, adafactor(), [w], { averageDecay: 0.9 });
    optimizer.step();
    expect(await optimizer.state()).toMatchObject({ stepCount: 1 });
    optimizer.destroy();
  },
);
