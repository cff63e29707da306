import { afterEach, describe, expect, test, vi } from "vitest";
import { describeAdapter } from "../../src/gpu/adapter.ts";
import {
  DeviceLostError,
  DisposedError,
  type Gpu,
  type Limits,
  openGpu,
  ReadbackRing,
  read,
  ValidationError,
  WebGPUUnavailableError,
} from "../../src/gpu/index.ts";
import { all, bufferOf, gpuTest, outcome } from "../support/gpuTest.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("limits", () => {
  const names: (keyof Limits)[] = [
    "maxBufferSize",
    "maxStorageBufferBindingSize",
    "maxStorageBuffersPerShaderStage",
    "maxComputeInvocationsPerWorkgroup",
    "maxComputeWorkgroupSizeX",
    "maxComputeWorkgroupStorageSize",
    "maxComputeWorkgroupsPerDimension",
  ];

  gpuTest.for(names)("the device has the adapter's %s", async (name, { gpu }) => {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    expect(gpu.device.limits[name]).toBe(adapter?.limits[name]);
    expect(gpu.limits[name]).toBe(adapter?.limits[name]);
  });

  gpuTest.for(names)("a cap lowers %s, for the plans and not for the device", async (name, { gpu }) => {
    const small = await openGpu({ device: gpu.device, limits: { [name]: 7 } });
    expect(small.limits).toEqual({ ...gpu.limits, [name]: 7 });
    expect(small.device).toBe(gpu.device);
  });

  gpuTest("a cap above the device's limit changes nothing", async ({ gpu }) => {
    const same = await openGpu({ device: gpu.device, limits: { maxBufferSize: Infinity } });
    expect(same.limits).toEqual(gpu.limits);
  });

  gpuTest("the alignment is WebGPU's 256, whatever the adapter could do with", ({ gpu }) => {
    expect(gpu.limits.minStorageBufferOffsetAlignment).toBe(256);
  });

  gpuTest("the device has each useful feature that the adapter has", async ({ gpu }) => {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    const useful = ["timestamp-query", "shader-f16", "subgroups"].filter((name) => adapter?.features.has(name));
    expect([...gpu.features]).toEqual(expect.arrayContaining(useful));
  });
});

describe("the adapter", () => {
  const info = { vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false };
  test.for([
    [{ vendor: "google", architecture: "swiftshader" }, "google swiftshader (software adapter)", true],
    [{ vendor: "nvidia", architecture: "ampere", device: "0x2204" }, "nvidia ampere 0x2204", false],
    [{ vendor: "mesa", description: "llvmpipe (LLVM 15)" }, "mesa llvmpipe (LLVM 15) (software adapter)", true],
    [{ description: "Microsoft Basic Render Driver" }, "Microsoft Basic Render Driver (software adapter)", true],
    [{ vendor: "4318", device: "8708", description: "NVIDIA RTX 3090" }, "NVIDIA RTX 3090", false],
    [{ vendor: "apple", isFallbackAdapter: true }, "apple (software adapter)", true],
    [{}, "unnamed adapter", false],
  ] as const)("%o is called `%s`", ([given, label, isSoftware]) => {
    expect(describeAdapter({ ...info, ...given } as unknown as GPUAdapterInfo)).toMatchObject({ label, isSoftware });
  });

  gpuTest("is described alike by a device of our own and by one that was lent", async ({ gpu }) => {
    const lent = await openGpu({ device: gpu.device });
    expect(lent.adapter).toEqual(gpu.adapter);
    expect(gpu.adapter.label).not.toBe("");
  });

  test("that computes on the CPU can be asked for", async () => {
    const gpu = await openGpu({ software: true });
    expect(gpu.adapter.isSoftware).toBe(true);
    gpu.destroy();
  });
});

describe("without WebGPU", () => {
  test.for([
    [
      "navigator.gpu is missing",
      () => vi.spyOn(navigator, "gpu", "get").mockReturnValue(undefined as never),
      /Use Chrome/,
    ],
    [
      "no adapter is offered",
      () => vi.spyOn(GPU.prototype, "requestAdapter").mockResolvedValue(null),
      /driver.*reload/,
    ],
    ["the page is insecure", () => vi.stubGlobal("isSecureContext", false), /Serve the page over https/],
  ] as const)("where %s openGpu says what to do", async ([, remove, remedy]) => {
    remove();
    const error = await outcome(openGpu());
    expect(error).toBeInstanceOf(WebGPUUnavailableError);
    expect((error as Error).message).toMatch(remedy);
    expect((error as Error).name).toBe("WebGPUUnavailableError");
  });
});

describe("a device that is gone", () => {
  const words = (gpu: Gpu): GPUBuffer => bufferOf(gpu.device, [1, 2, 3, 4]);

  gpuTest.for([
    ["idle", (gpu: Gpu) => gpu.idle()],
    ["a read", (gpu: Gpu) => read(gpu, all(words(gpu)))],
    ["a capture that was never submitted", (gpu: Gpu) => new ReadbackRing(gpu, 16).capture(all(words(gpu)))],
    ["a promise that nobody settles", (gpu: Gpu) => gpu.settle(new Promise(() => {}))],
  ] as const)("%s rejects and does not hang", async ([, wait], { doomed }) => {
    const pending = outcome(wait(doomed) as Promise<unknown>);
    doomed.device.destroy();
    expect(await pending).toBeInstanceOf(DeviceLostError);
  });

  gpuTest("check, submit and every later wait say so", async ({ doomed }) => {
    doomed.check();
    doomed.device.destroy();
    expect(await doomed.lost).toMatchObject({ name: "DeviceLostError", reason: "destroyed" });
    expect(() => doomed.check()).toThrow(DeviceLostError);
    expect(() => doomed.stream.submit()).toThrow(/it was destroyed.*Open a new one/);
    expect(await outcome(doomed.idle())).toBeInstanceOf(DeviceLostError);
    expect(await outcome(read(doomed, all(words(doomed))))).toBeInstanceOf(DeviceLostError);
  });

  gpuTest("a Gpu that was destroyed is of no use from that moment on", async ({ doomed }) => {
    doomed.destroy();
    expect(() => doomed.check()).toThrow(DisposedError);
    expect(await outcome(doomed.idle())).toBeInstanceOf(DisposedError);
    expect(await doomed.device.lost).toMatchObject({ reason: "destroyed" });
  });
});

describe("a device that someone else opened", () => {
  gpuTest("outlives the Gpu over it, which gives its buffers back", async ({ gpu }) => {
    const guest = await openGpu({ device: gpu.device });
    guest.pool.acquire(1024, GPUBufferUsage.STORAGE, "guest");
    guest.destroy();
    expect(guest.pool.stats).toMatchObject({ liveBytes: 0, idleBytes: 0, liveBuffers: 0 });
    expect(await outcome(read(gpu, all(bufferOf(gpu.device, [1]))))).toBeInstanceOf(ArrayBuffer);
    expect(() => gpu.check()).not.toThrow();
  });

  const misuse = (device: GPUDevice): void => {
    const buffer = bufferOf(device, [1]);
    const encoder = device.createCommandEncoder();
    encoder.clearBuffer(buffer);
    buffer.destroy();
    device.queue.submit([encoder.finish()]);
  };

  gpuTest("may have errors of its owner's, which are not ours", async ({ doomed }) => {
    const guest = await openGpu({ device: doomed.device });
    misuse(doomed.device);
    await guest.idle();
    expect(() => guest.check()).not.toThrow();
    expect(() => doomed.check()).toThrow(DisposedError);
  });

  gpuTest("still tells when work of ours is refused", async ({ doomed }) => {
    const guest = await openGpu({ device: doomed.device });
    const [from, to] = [bufferOf(doomed.device, [1]), bufferOf(doomed.device, [1])];
    guest.stream.copy(all(from), all(to));
    to.destroy();
    guest.stream.submit();
    expect(await outcome(guest.idle())).toBeInstanceOf(DisposedError);
    expect(() => doomed.check()).not.toThrow();
  });
});

gpuTest("a call that WebGPU refuses is thrown by the next check, once it is known", async ({ doomed }) => {
  doomed.stream.copy(all(bufferOf(doomed.device, [1, 2])), all(bufferOf(doomed.device, [1])));
  doomed.stream.submit();
  const error = await outcome(doomed.idle());
  expect(error).toBeInstanceOf(ValidationError);
  expect((error as Error).message).toMatch(/was refused by WebGPU/);
  expect(() => doomed.check()).toThrow(ValidationError);
});
