import { afterEach, beforeEach, expect, test } from "vitest";
import { type Counting, countGpu } from "../../bench/count.ts";

let counting: Counting;
const own = GPUDevice.prototype.createBuffer;

beforeEach(() => {
  counting = countGpu();
});

afterEach(() => counting.stop());

async function open(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  return (adapter as GPUAdapter).requestDevice();
}

const code = "@compute @workgroup_size(1) fn main() {}";

async function pipelineOf(device: GPUDevice): Promise<GPUComputePipeline> {
  return device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
}

test("a step is counted for its own device", async () => {
  const [device, idle] = [await open(), await open()];
  const pipeline = await pipelineOf(device);
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, new Uint32Array(4));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.dispatchWorkgroups(1);
  pass.dispatchWorkgroups(2);
  pass.end();
  device.queue.submit([encoder.finish()]);
  // The module, the pipeline and the buffer; an encoder and a pass are no objects.
  expect(counting.of(device)).toEqual({
    dispatches: 2,
    submits: 1,
    writes: 1,
    objects: 3,
    liveBytes: 16,
    peakBytes: 16,
  });
  const nothing = { dispatches: 0, submits: 0, writes: 0, objects: 0, liveBytes: 0, peakBytes: 0 };
  expect(counting.of(idle)).toEqual(nothing);
  for (const each of [device, idle]) each.destroy();
});

test("bytes are counted until they are destroyed, once, and the peak can begin anew", async () => {
  const device = await open();
  const sized = (size: number, mappedAtCreation = false): GPUBuffer =>
    device.createBuffer({ size, usage: GPUBufferUsage.COPY_SRC, mappedAtCreation });
  const [first, second] = [sized(100), sized(200, true)];
  first.destroy();
  first.destroy();
  sized(4);
  expect(counting.of(device)).toMatchObject({ objects: 3, writes: 1, liveBytes: 204, peakBytes: 300 });
  counting.restartPeak(device);
  second.destroy();
  expect(counting.of(device)).toMatchObject({ liveBytes: 4, peakBytes: 204 });
  device.destroy();
});

test("what is counted stays as it was counted, and WebGPU is itself again afterwards", async () => {
  const device = await open();
  const before = counting.of(device);
  device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
  expect(before.objects).toBe(0);
  counting.stop();
  expect(GPUDevice.prototype.createBuffer).toBe(own);
  device.destroy();
});
