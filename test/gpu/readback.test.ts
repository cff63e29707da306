import { expect } from "vitest";
import { type Dispatch, type Gpu, ReadbackRing, read, readFloats, type Slice } from "../../src/gpu/index.ts";
import { all, bufferOf, gpuTest, outcome } from "../support/gpuTest.ts";

const code = `
  @group(0) @binding(0) var<storage, read_write> x: array<u32>;
  @compute @workgroup_size(1)
  fn main() {
    x[0] += 1;
  }`;

/** A word on the GPU, and the launch that counts it up. */
async function counter(gpu: Gpu): Promise<{ x: Slice; next: Dispatch }> {
  const x = all(bufferOf(gpu.device, new Uint32Array(1)));
  const parts = [{ file: "test/readback.wgsl", code }];
  const kernel = await gpu.kernels.get({ label: "test", parts, bindings: [["readWrite"]] });
  return { x, next: kernel.prepare([[x]], 1) };
}

const wordOf = (bytes: ArrayBuffer): number => new Uint32Array(bytes)[0]!;

gpuTest("a read is exact, from any place of a buffer", async ({ gpu }) => {
  const values = [0, -0, 1.5, -3e38, 2 ** -149, Infinity, Number.NaN, 7];
  const buffer = bufferOf(gpu.device, values);
  expect(await readFloats(gpu, all(buffer))).toEqual(Float32Array.from(values));
  expect(await readFloats(gpu, { buffer, offset: 8, size: 12 })).toEqual(Float32Array.from(values.slice(2, 5)));
  expect(await read(gpu, { buffer, offset: 4, size: 0 })).toEqual(new ArrayBuffer(0));
});

gpuTest(
  "captures come in the order they were made, each with what was there at its point of the stream",
  async ({ gpu }) => {
    const { x, next } = await counter(gpu);
    const ring = new ReadbackRing(gpu, 4, 8);
    const order: number[] = [];
    const captures: Promise<unknown>[] = [];
    const capture = (): void => {
      captures.push(ring.capture(x)!.then((bytes) => order.push(wordOf(bytes))));
    };
    capture();
    gpu.stream.dispatch(next, next);
    capture();
    gpu.stream.dispatch(next);
    capture();
    gpu.stream.submit();
    gpu.stream.dispatch(next);
    capture();
    gpu.stream.submit();
    await Promise.all(captures);
    expect(order).toEqual([0, 2, 3, 4]);
    expect(gpu.stream.counts).toMatchObject({ submits: 2, copies: 4 });
    ring.destroy();
  },
);

gpuTest(
  "a full ring leaves captures out, counts them, encodes nothing for them, and takes new ones later",
  async ({ gpu }) => {
    const { x, next } = await counter(gpu);
    const ring = new ReadbackRing(gpu, 4, 2);
    const captures = Array.from({ length: 5 }, () => {
      gpu.stream.dispatch(next);
      return ring.capture(x);
    });
    expect(captures.map((each) => each !== undefined)).toEqual([true, true, false, false, false]);
    expect(ring.dropped).toBe(3);
    expect(gpu.stream.counts.copies).toBe(2);
    gpu.stream.submit();
    expect((await Promise.all(captures.slice(0, 2))).map((bytes) => wordOf(bytes!))).toEqual([1, 2]);
    const later = ring.capture(x);
    gpu.stream.submit();
    expect(wordOf((await later)!)).toBe(5);
    expect(ring.dropped).toBe(3);
    ring.destroy();
  },
);

gpuTest("a capture never waits: it is late, and comes only once its stream was submitted", async ({ gpu }) => {
  const { x, next } = await counter(gpu);
  const ring = new ReadbackRing(gpu, 4);
  let seen: number | undefined;
  gpu.stream.dispatch(next);
  const capture = ring.capture(x)!.then((bytes) => {
    seen = wordOf(bytes);
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toBeUndefined();
  for (let step = 0; step < 10; step++) {
    gpu.stream.dispatch(next);
    gpu.stream.submit();
    expect(seen).toBeUndefined();
  }
  await capture;
  expect(seen).toBe(1);
  ring.destroy();
});

gpuTest("thousands of steps with a capture each need no more buffers than the ring has", async ({ gpu }) => {
  const { x, next } = await counter(gpu);
  const ring = new ReadbackRing(gpu, 4, 3);
  const values: Promise<number>[] = [];
  for (let step = 1; step <= 2_000; step++) {
    gpu.stream.dispatch(next);
    const capture = ring.capture(x);
    if (capture) values.push(capture.then((bytes) => wordOf(bytes) - step));
    gpu.stream.submit();
    if (step % 100 === 0) await gpu.idle();
  }
  expect(values.length + ring.dropped).toBe(2_000);
  expect(values.length).toBeGreaterThanOrEqual(20);
  expect(new Set(await Promise.all(values))).toEqual(new Set([0]));
  ring.destroy();
});

gpuTest("a ring that is destroyed lets nobody wait", async ({ gpu }) => {
  const { x } = await counter(gpu);
  const ring = new ReadbackRing(gpu, 4);
  const capture = ring.capture(x);
  gpu.stream.submit();
  ring.destroy();
  expect(await outcome(capture as Promise<unknown>)).toBeInstanceOf(Error);
});
