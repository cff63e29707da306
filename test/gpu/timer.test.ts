import { expect } from "vitest";
import { type Gpu, openGpu, timeDispatches } from "../../src/gpu/index.ts";
import { all, bufferOf, gpuTest } from "../support/gpuTest.ts";

/** Slow enough to be seen by any clock. */
const code = `
  @group(0) @binding(0) var<storage, read_write> x: array<f32>;
  @compute @workgroup_size(1)
  fn main() {
    for (var i = 0; i < 100000; i++) {
      x[0] = sqrt(x[0] + 1);
    }
  }`;

async function timed(gpu: Gpu, rounds: number) {
  const parts = [{ file: "test/timer.wgsl", code }];
  const kernel = await gpu.kernels.get({ label: "test", parts, bindings: [["readWrite"]] });
  return timeDispatches(gpu, [kernel.prepare([[all(bufferOf(gpu.device, [1]))]], 1)], rounds);
}

gpuTest("dispatches take a positive time, counted on the GPU where it can count", async ({ gpu }) => {
  const { timeMs, source } = await timed(gpu, 3);
  expect(timeMs).toBeGreaterThan(0);
  expect(timeMs).toBeLessThan(10_000);
  expect(["timestamp-query", "wall-clock"]).toContain(source);
});

gpuTest("without timestamps the host's clock counts, and says so", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const gpu = await openGpu({ device });
  const { timeMs, source } = await timed(gpu, 3);
  expect(source).toBe("wall-clock");
  expect(timeMs).toBeGreaterThan(0);
  device.destroy();
});

gpuTest("timing leaves nothing behind in the pool or the stream", async ({ gpu }) => {
  await timed(gpu, 1);
  expect(gpu.stream.counts).toEqual({ dispatches: 0, submits: 0, copies: 0, writes: 0 });
  expect(gpu.pool.stats.created).toBe(0);
});
