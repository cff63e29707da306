/**
 * What any library in the page asks of WebGPU, by device: counted by wrapping the prototypes, so that whoever opened the
 * device is seen.
 */

/** Since the device was opened. */
export interface GpuCounts {
  dispatches: number;
  submits: number;
  /** `writeBuffer`, and buffers that are mapped at creation. */
  writes: number;
  /** All that was created: buffers, textures, bind groups, layouts, modules, pipelines; not encoders and passes. */
  objects: number;
  /** In buffers that were created and not destroyed. One that is left to the garbage collector counts on. */
  liveBytes: number;
  peakBytes: number;
}

export interface Counting {
  /** A copy of the counts of a device as they are now. */
  of(device: GPUDevice): GpuCounts;
  /** From now on its peak is of what comes, beside what is alive. */
  restartPeak(device: GPUDevice): void;
  /** Lets the prototypes' own methods through again. */
  stop(): void;
}

type Method = (this: object, ...args: never[]) => unknown;
type Told = (self: object, result: unknown, args: readonly unknown[]) => void;

/** Created by a device, but of no weight by itself. */
const uncounted = new Set(["createCommandEncoder", "createRenderBundleEncoder"]);

/** Begins to count. What was created before is not seen: call it before any library opens a device. */
export function countGpu(): Counting {
  const byDevice = new WeakMap<object, GpuCounts>();
  const deviceOf = new WeakMap<object, object>();
  const sizes = new WeakMap<object, number>();
  const undo: (() => void)[] = [];

  const ofDevice = (device: object): GpuCounts => {
    const known = byDevice.get(device);
    if (known) return known;
    const fresh = { dispatches: 0, submits: 0, writes: 0, objects: 0, liveBytes: 0, peakBytes: 0 };
    byDevice.set(device, fresh);
    return fresh;
  };
  /** The counts of the device that an encoder, a pass, a queue or a buffer belongs to; of none where it is older than this. */
  const countsOf = (thing: object): GpuCounts => ofDevice(deviceOf.get(thing) ?? thing);
  const belongs = (thing: unknown, device: object | undefined): void => {
    if (device) deviceOf.set(thing as object, device);
  };
  const wrap = (prototype: object, name: string, told: Told): void => {
    const { value: method, ...rest } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    if (typeof method !== "function") return;
    const counted: Method = function (...args) {
      const result = Reflect.apply(method, this, args);
      told(this, result, args);
      return result;
    };
    Object.defineProperty(prototype, name, { ...rest, value: counted });
    undo.push(() => Object.defineProperty(prototype, name, { ...rest, value: method }));
  };

  for (const name of Object.getOwnPropertyNames(GPUDevice.prototype)) {
    if (!name.startsWith("create") || uncounted.has(name) || name === "createBuffer") continue;
    wrap(GPUDevice.prototype, name, (device) => void (ofDevice(device).objects += 1));
  }
  wrap(GPUDevice.prototype, "createBuffer", (device, result, [descriptor]) => {
    const { mappedAtCreation } = descriptor as GPUBufferDescriptor;
    const counts = ofDevice(device);
    const buffer = result as GPUBuffer;
    counts.objects += 1;
    if (mappedAtCreation) counts.writes += 1;
    counts.liveBytes += buffer.size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.liveBytes);
    sizes.set(buffer, buffer.size);
    belongs(buffer, device);
  });
  wrap(GPUBuffer.prototype, "destroy", (buffer) => {
    countsOf(buffer).liveBytes -= sizes.get(buffer) ?? 0;
    sizes.delete(buffer);
  });
  wrap(GPUDevice.prototype, "createCommandEncoder", (device, encoder) => belongs(encoder, device));
  wrap(GPUCommandEncoder.prototype, "beginComputePass", (encoder, pass) => belongs(pass, deviceOf.get(encoder)));
  for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
    wrap(GPUComputePassEncoder.prototype, name, (pass) => void (countsOf(pass).dispatches += 1));
  }
  wrap(GPUQueue.prototype, "submit", (queue) => void (countsOf(queue).submits += 1));
  wrap(GPUQueue.prototype, "writeBuffer", (queue) => void (countsOf(queue).writes += 1));
  wrap(GPUAdapter.prototype, "requestDevice", (_, opening) => {
    // Heard of before the caller is: a promise tells its listeners in their order.
    (opening as Promise<GPUDevice>).then(
      (device) => belongs(device.queue, device),
      () => {}, // The caller is told.
    );
  });
  return {
    of: (device) => ({ ...ofDevice(device) }),
    restartPeak: (device) => {
      const counts = ofDevice(device);
      counts.peakBytes = counts.liveBytes;
    },
    stop: () => {
      for (const each of undo.splice(0)) each();
    },
  };
}
