import { expect, test } from "vitest";
import { type Gpu, openGpu, read, type Slice } from "../../src/gpu/index.ts";

/** Nothing is under way, no error has been reported, and the pool has everything back. */
async function expectClean(gpu: Gpu): Promise<void> {
  await gpu.idle(); // An error may come as late as the work that it is about.
  gpu.check();
  expect(gpu.pool.stats.liveBytes, "bytes of the pool that the test kept").toBe(0);
}

/** A test on the GPU. Where there is no adapter it fails, and says why. */
export const gpuTest = test.extend<{
  /** A device of the test's own, which it has to leave clean. */
  gpu: Gpu;
  /** One that the test may break: nothing is asked of it afterwards. */
  doomed: Gpu;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures this one stands on.
  gpu: async ({}, use) => {
    const gpu = await openGpu();
    await use(gpu);
    await expectClean(gpu);
    gpu.destroy();
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  doomed: async ({}, use) => {
    const gpu = await openGpu();
    await use(gpu);
    gpu.destroy();
  },
});

/** One test of many, in all files, that share a device and its kernels: for what is held to each row of a table. */
export const sharedGpuTest = test.extend<{
  $test: {
    /** Every test has to leave it clean; after one that has not, the next gets another. */
    gpu: Gpu;
  };
  $worker: { shared: { gpu: Gpu | undefined } };
}>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const shared: { gpu: Gpu | undefined } = { gpu: undefined };
      await use(shared);
      shared.gpu?.destroy();
    },
    { scope: "worker" },
  ],
  gpu: async ({ shared }, use) => {
    const gpu = shared.gpu ?? (await openGpu());
    shared.gpu = undefined;
    await use(gpu);
    await expectClean(gpu);
    shared.gpu = gpu;
  },
});

export const storage = (): GPUBufferUsageFlags =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** A buffer as a host would make it, outside the pool, that holds `values`. */
export function bufferOf(
  device: GPUDevice,
  values: Float32Array | Uint32Array | readonly number[],
  { usage = storage(), label = "the host's" }: { usage?: GPUBufferUsageFlags; label?: string } = {},
): GPUBuffer {
  const words = values instanceof Uint32Array ? values : new Uint32Array(Float32Array.from(values).buffer);
  const buffer = device.createBuffer({ size: words.byteLength, usage, label, mappedAtCreation: true });
  new Uint32Array(buffer.getMappedRange()).set(words);
  buffer.unmap();
  return buffer;
}

/** The whole of a buffer. */
export const all = (buffer: GPUBuffer): Slice => ({ buffer, offset: 0, size: buffer.size });

/** The words of a slice, bit for bit. */
export const readWords = async (gpu: Gpu, slice: Slice): Promise<Uint32Array> =>
  new Uint32Array(await read(gpu, slice));

/** What became of a promise within two seconds: `hung` where nothing did. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, 2_000, "hung"));
  return Promise.race([promise.catch((error: unknown) => error), late]);
}

/** Whole numbers below 2^32 that look random and are always the same. */
export function* randomWords(seed: number): Generator<number> {
  for (let x = seed | 1; ; ) {
    // xorshift32 (Marsaglia 2003)
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}
