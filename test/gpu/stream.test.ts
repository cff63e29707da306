import { describe, expect, vi } from "vitest";
import { DeviceLostError, type Dispatch, type Gpu, LimitError, openGpu, type Slice } from "../../src/gpu/index.ts";
import { all, bufferOf, gpuTest, readWords } from "../support/gpuTest.ts";

/** x ← 3x + ADD: what comes out shows which launches ran, and in which order. */
const code = `
  override ADD: u32;
  @group(0) @binding(0) var<storage, read_write> x: array<u32>;
  @compute @workgroup_size(1)
  fn main() {
    x[0] = 3 * x[0] + ADD;
  }`;

async function launch(gpu: Gpu, x: Slice, add: number): Promise<Dispatch> {
  const parts = [{ file: "test/stream.wgsl", code }];
  const kernel = await gpu.kernels.get({ label: "test", parts, bindings: [["readWrite"]], constants: { ADD: add } });
  return kernel.prepare([[x]], 1);
}

const word = (gpu: Gpu): Slice => all(bufferOf(gpu.device, new Uint32Array(1)));

/** Counts the calls that reach the device while `work` runs. */
function deviceCalls(work: () => void): Record<string, number> {
  const methods: [object, string][] = [
    [GPUDevice.prototype, "createCommandEncoder"],
    [GPUCommandEncoder.prototype, "beginComputePass"],
    [GPUCommandEncoder.prototype, "copyBufferToBuffer"],
    [GPUComputePassEncoder.prototype, "setPipeline"],
    [GPUComputePassEncoder.prototype, "dispatchWorkgroups"],
    [GPUQueue.prototype, "submit"],
  ];
  const spies = methods.map(([owner, name]) => {
    const spy = vi.spyOn(owner as Record<string, () => void>, name);
    return [name, spy] as const;
  });
  try {
    work();
    return Object.fromEntries(spies.map(([name, spy]) => [name, spy.mock.calls.length]));
  } finally {
    for (const [, spy] of spies) spy.mockRestore();
  }
}

gpuTest(
  "a hundred launches are one encoder, one pass and one submit, in the order they were given",
  async ({ gpu }) => {
    const x = word(gpu);
    const [one, two] = [await launch(gpu, x, 1), await launch(gpu, x, 2)];
    const launches = Array.from({ length: 100 }, (_, i) => (i < 50 ? one : two));
    const calls = deviceCalls(() => {
      gpu.stream.dispatch(...launches.slice(0, 10));
      for (const each of launches.slice(10)) gpu.stream.dispatch(each);
      gpu.stream.submit();
    });
    expect(calls).toEqual({
      createCommandEncoder: 1,
      beginComputePass: 1,
      copyBufferToBuffer: 0,
      setPipeline: 2,
      dispatchWorkgroups: 100,
      submit: 1,
    });
    expect(gpu.stream.counts).toEqual({ dispatches: 100, submits: 1, copies: 0, writes: 0 });
    const expected = launches.reduce((value, each) => (Math.imul(value, 3) + (each === one ? 1 : 2)) >>> 0, 0);
    expect(await readWords(gpu, x)).toEqual(new Uint32Array([expected]));
  },
);

gpuTest("a copy sees what came before it, and not what comes after", async ({ gpu }) => {
  const [x, copy] = [word(gpu), all(bufferOf(gpu.device, [0, 0]))];
  const one = await launch(gpu, x, 1);
  const calls = deviceCalls(() => {
    gpu.stream.dispatch(one);
    gpu.stream.copy(x, { ...copy, offset: 0 });
    gpu.stream.dispatch(one, one);
    gpu.stream.copy(x, { ...copy, offset: 4 });
    gpu.stream.submit();
  });
  expect(calls).toMatchObject({ createCommandEncoder: 1, beginComputePass: 2, copyBufferToBuffer: 2, submit: 1 });
  expect(gpu.stream.counts).toEqual({ dispatches: 3, submits: 1, copies: 2, writes: 0 });
  expect(await readWords(gpu, copy)).toEqual(new Uint32Array([1, 13]));
});

gpuTest("a submit with nothing to send does nothing", async ({ gpu }) => {
  const callback = vi.fn();
  gpu.stream.afterSubmit(callback);
  const calls = deviceCalls(() => gpu.stream.submit());
  expect(Object.values(calls)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(gpu.stream.counts.submits).toBe(0);
  expect(callback).not.toHaveBeenCalled();
});

gpuTest("what waits for a submit is called once, right after it", async ({ gpu }) => {
  const one = await launch(gpu, word(gpu), 1);
  const order: string[] = [];
  const submit = vi.spyOn(gpu.device.queue, "submit").mockImplementation(() => order.push("submit") as never);
  gpu.stream.afterSubmit(() => order.push("first"));
  gpu.stream.afterSubmit(() => order.push("second"));
  for (let step = 0; step < 2; step++) {
    gpu.stream.dispatch(one);
    gpu.stream.submit();
  }
  submit.mockRestore();
  expect(order).toEqual(["submit", "first", "second", "submit"]);
});

gpuTest("a callback may ask for the submit after", async ({ gpu }) => {
  const one = await launch(gpu, word(gpu), 1);
  const calls: number[] = [];
  const again = (): void => {
    calls.push(gpu.stream.counts.submits);
    if (calls.length < 3) gpu.stream.afterSubmit(again);
  };
  gpu.stream.afterSubmit(again);
  for (let step = 0; step < 5; step++) {
    gpu.stream.dispatch(one);
    gpu.stream.submit();
  }
  expect(calls).toEqual([1, 2, 3]);
});

describe("a write", () => {
  gpuTest("comes before everything that is submitted after it, encoded or not", async ({ gpu }) => {
    const x = word(gpu);
    const one = await launch(gpu, x, 1);
    gpu.stream.dispatch(one);
    gpu.stream.write(x, new Uint32Array([100]));
    gpu.stream.submit();
    gpu.stream.write(x, new Uint32Array([(await readWords(gpu, x))[0]! + 1]));
    expect(await readWords(gpu, x)).toEqual(new Uint32Array([302]));
    expect(gpu.stream.counts).toMatchObject({ dispatches: 1, writes: 2 });
  });

  gpuTest("that does not fit its slice is a LimitError, and the neighbour keeps its bytes", async ({ gpu }) => {
    const buffer = bufferOf(gpu.device, new Uint32Array([1, 2, 3, 4]), { label: "slab" });
    const write = () => gpu.stream.write({ buffer, offset: 0, size: 8 }, new Uint32Array([9, 9, 9]));
    expect(write).toThrow(LimitError);
    expect(write).toThrow("slab: the slice is too small (got 12 bytes, allowed 8)");
    expect(gpu.stream.counts.writes).toBe(0);
    expect(await readWords(gpu, all(buffer))).toEqual(new Uint32Array([1, 2, 3, 4]));
  });
});

gpuTest("submit throws the error that made the device unusable, and sends nothing", async ({ doomed }) => {
  doomed.stream.dispatch(await launch(doomed, word(doomed), 1));
  doomed.device.destroy();
  await doomed.lost;
  const calls = deviceCalls(() => expect(() => doomed.stream.submit()).toThrow(DeviceLostError));
  expect(calls.submit).toBe(0);
  expect(doomed.stream.counts.submits).toBe(0);
});

gpuTest(
  "on a lent device each submit stands in one error scope of ours, and the owner's scopes stay his",
  async ({ gpu }) => {
    const guest = await openGpu({ device: gpu.device });
    const one = await launch(guest, word(gpu), 1);
    const [push, pop] = [vi.spyOn(gpu.device, "pushErrorScope"), vi.spyOn(gpu.device, "popErrorScope")];
    guest.stream.dispatch(one);
    guest.stream.submit();
    expect([push.mock.calls, pop.mock.calls]).toEqual([[["validation"]], [[]]]);
    await guest.idle();
  },
);
