import { describe, expect, test, vi } from "vitest";
import { type Gpu, LimitError, openGpu } from "../../src/gpu/index.ts";
import { sizeClass } from "../../src/gpu/pool.ts";
import { all, bufferOf, gpuTest, randomWords, readWords, storage } from "../support/gpuTest.ts";

const MiB = 2 ** 20;

describe("a size class", () => {
  test.for([
    [0, 256],
    [1, 256],
    [256, 256],
    [257, 512],
    [4_096, 4_096],
    [4_097, 8_192],
    [MiB, MiB],
    [MiB + 1, MiB + MiB / 16],
    [2 * MiB - 1, 2 * MiB],
    [2 * MiB, 2 * MiB],
    [100_000_000, 24 * 4 * MiB],
  ])("of %i bytes is %i", ([size, expected]) => {
    expect(sizeClass(size as number)).toBe(expected);
  });

  test("holds the request, is its own class, and above 1 MiB wastes at most a sixteenth", () => {
    const random = randomWords(1);
    for (let i = 0; i < 5_000; i++) {
      const size = (random.next().value % 2 ** (1 + (i % 31))) + 1;
      const held = sizeClass(size);
      expect(held).toBeGreaterThanOrEqual(size);
      expect(sizeClass(held)).toBe(held);
      expect(held % 256).toBe(0);
      expect(sizeClass(size + 1)).toBeGreaterThanOrEqual(held);
      if (size > MiB) expect(held - size).toBeLessThan(size / 16);
    }
  });
});

const acquire = ({ pool }: Gpu, size: number, usage = storage(), label = "test"): GPUBuffer =>
  pool.acquire(size, usage, label);

gpuTest("live, peak and idle bytes are exact, and a released buffer is handed out again", ({ gpu }) => {
  const { pool } = gpu;
  const expectBytes = (live: number, peak: number, idle: number, counts: object): void =>
    expect(pool.stats).toEqual({ liveBytes: live, peakBytes: peak, idleBytes: idle, ...counts });
  expectBytes(0, 0, 0, { liveBuffers: 0, created: 0, recycled: 0 });
  const small = acquire(gpu, 100);
  expectBytes(256, 256, 0, { liveBuffers: 1, created: 1, recycled: 0 });
  const large = acquire(gpu, 1000);
  expectBytes(1280, 1280, 0, { liveBuffers: 2, created: 2, recycled: 0 });
  pool.release(large);
  expectBytes(256, 1280, 1024, { liveBuffers: 1, created: 2, recycled: 0 });
  expect(acquire(gpu, 600)).toBe(large);
  expectBytes(1280, 1280, 0, { liveBuffers: 2, created: 2, recycled: 1 });
  pool.release(large);
  const third = acquire(gpu, 300);
  expect(third).not.toBe(large);
  expectBytes(768, 1280, 1024, { liveBuffers: 2, created: 3, recycled: 1 });
  pool.release(small);
  pool.release(third);
  expectBytes(0, 1280, 1792, { liveBuffers: 0, created: 3, recycled: 1 });
  pool.trim();
  expectBytes(0, 1280, 0, { liveBuffers: 0, created: 3, recycled: 1 });
});

gpuTest.for([
  ["that can be a copy's destination", () => storage()],
  ["that did not ask to be one", () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC],
] as const)("a recycled buffer %s never shows what it held", async ([, usage], { gpu }) => {
  const canary = new Uint32Array(256).fill(0xdeadbeef);
  const first = acquire(gpu, 1024, usage());
  gpu.stream.copy(all(bufferOf(gpu.device, canary)), all(first));
  gpu.stream.submit();
  expect(await readWords(gpu, all(first))).toEqual(canary);
  gpu.pool.release(first);
  const second = acquire(gpu, 1024, usage());
  expect(second).toBe(first);
  expect(await readWords(gpu, all(second))).toEqual(new Uint32Array(256));
  gpu.pool.release(second);
});

gpuTest("a fresh buffer holds zeros", async ({ gpu }) => {
  const buffer = acquire(gpu, 4096);
  expect(await readWords(gpu, all(buffer))).toEqual(new Uint32Array(1024));
  gpu.pool.release(buffer);
});

gpuTest("a buffer has the label of whoever has it now", ({ gpu }) => {
  const first = acquire(gpu, 64, storage(), "optim/adamw m");
  expect(first.label).toBe("optim/adamw m");
  gpu.pool.release(first);
  expect(acquire(gpu, 64, storage(), "engine/activations").label).toBe("engine/activations");
  gpu.pool.release(first);
});

gpuTest("buffers of another usage stay apart", ({ gpu }) => {
  const first = acquire(gpu, 64, storage());
  gpu.pool.release(first);
  const second = acquire(gpu, 64, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  expect(second).not.toBe(first);
  gpu.pool.release(second);
});

gpuTest("a buffer that is released twice, or is not the pool's, counts for nothing", ({ gpu }) => {
  const buffer = acquire(gpu, 64);
  for (const released of [buffer, buffer, bufferOf(gpu.device, [1])]) gpu.pool.release(released);
  expect(gpu.pool.stats).toMatchObject({ liveBytes: 0, idleBytes: 256, liveBuffers: 0 });
});

gpuTest("trim destroys what is idle and leaves what is in use", async ({ gpu }) => {
  const [used, idle] = [acquire(gpu, 64), acquire(gpu, 64)];
  gpu.pool.release(idle);
  const destroy = vi.spyOn(GPUBuffer.prototype, "destroy");
  gpu.pool.trim();
  expect(destroy.mock.contexts).toEqual([idle]);
  destroy.mockRestore();
  gpu.stream.write(all(used), new Uint32Array([7]));
  expect((await readWords(gpu, all(used)))[0]).toBe(7);
  expect(acquire(gpu, 64)).not.toBe(idle);
  gpu.pool.destroy();
  expect(gpu.pool.stats).toMatchObject({ liveBytes: 0, idleBytes: 0, liveBuffers: 0 });
});

gpuTest("a request above the device's limit is a LimitError with the label, the size and the limit", ({ gpu }) => {
  const { maxBufferSize } = gpu.limits;
  const refused = () => acquire(gpu, maxBufferSize + 4, storage(), "slab of everything");
  expect(refused).toThrow(LimitError);
  expect(refused).toThrow(
    `slab of everything: too large for one buffer (got ${maxBufferSize + 4} bytes, allowed ${maxBufferSize}`,
  );
  expect(gpu.pool.stats).toMatchObject({ liveBytes: 0, created: 0 });
});

gpuTest("a size class is never larger than the device allows", async ({ gpu }) => {
  const small = await openGpu({ device: gpu.device, limits: { maxBufferSize: 1000 } });
  expect(small.pool.acquire(900, storage(), "test").size).toBe(1000);
  small.destroy();
});
