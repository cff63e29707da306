import { expect, vi } from "vitest";
import { OutOfMemoryError, openGpu, readFloats } from "../../src/gpu/index.ts";
import { adamw, createOptimizer } from "../../src/optim/index.ts";
import { all, bufferOf, gpuTest, outcome, storage } from "../support/gpuTest.ts";

/** Makes a device say that it is full whenever it is asked: real memory is too large to fill, and too costly. */
function fill(device: GPUDevice): { readonly restore: () => void } {
  const scopes: GPUErrorFilter[] = [];
  const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
  const spies = [
    vi.spyOn(device, "pushErrorScope").mockImplementation((filter) => {
      scopes.push(filter);
      push(filter);
    }),
    vi.spyOn(device, "popErrorScope").mockImplementation(async () => {
      const isMemory = scopes.pop() === "out-of-memory";
      const error = await pop();
      return isMemory ? new GPUOutOfMemoryError("as the test wishes") : error;
    }),
  ];
  return { restore: () => spies.map((spy) => spy.mockRestore()) };
}

gpuTest(
  "a buffer that the device has no memory for is an OutOfMemoryError, by idle, and the device lives",
  async ({ doomed }) => {
    const { device, pool, adapter } = doomed;
    // The largest buffer is 1 GiB on SwiftShader, and too much for it; a real GPU may well hold the largest that it allows.
    const size = doomed.limits.maxBufferSize;
    const pretence = adapter.isSoftware ? undefined : fill(device);
    expect(() => pool.acquire(size, storage(), "slab of everything")).not.toThrow();
    const error = await outcome(doomed.idle());
    pretence?.restore();
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect((error as Error).message).toMatch(
      new RegExp(`^slab of everything: the device has no memory for it \\(got ${size} bytes, beside 0 in use\\)`),
    );
    expect(() => doomed.check()).toThrow(OutOfMemoryError);

    const next = await openGpu({ device });
    const small = next.pool.acquire(1024, storage(), "small");
    next.stream.write(all(small), new Float32Array([1, 2]));
    expect((await readFloats(next, all(small))).slice(0, 2)).toEqual(new Float32Array([1, 2]));
  },
);

gpuTest("an optimizer whose state has no room is not made, writes nothing and keeps nothing", async ({ doomed }) => {
  const { device, pool } = doomed;
  const [param, grad] = [bufferOf(device, [1, 2, 3]), bufferOf(device, [1, 1, 1])];
  const pretence = fill(device);
  const error = await outcome(createOptimizer(doomed, adamw(), [{ name: "w", shape: [3], param, grad }]));
  pretence.restore();
  expect(error).toBeInstanceOf(OutOfMemoryError);
  expect((error as Error).message).toMatch(/^optim\/adamw m: the device has no memory/);
  expect(pool.stats.liveBytes).toBe(0);
  expect(await readFloats(await openGpu({ device }), all(param))).toEqual(new Float32Array([1, 2, 3]));
});
