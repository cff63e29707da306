import { type AdapterDescription, describeAdapter, requestAdapter } from "./adapter.ts";
import { DeviceLostError, DisposedError, OutOfMemoryError, refusal, type ShrinkstepError } from "./errors.ts";
import { KernelCache } from "./kernel.ts";
import { deviceDescriptor, type Limits, limitsOf } from "./limits.ts";
import { BufferPool } from "./pool.ts";
import { RaceWithLoss } from "./raceWithLoss.ts";
import { CommandStream } from "./stream.ts";

export interface GpuOptions {
  /** A device that someone else opened. It is never destroyed by us. */
  device?: GPUDevice;
  /** Lower limits than the device has, so that every path for small devices can be tested on a large one. */
  limits?: Partial<Limits>;
  /** Ask for the adapter that computes on the CPU. */
  software?: boolean;
}

/** A device and what belongs to it: one pool of buffers, one cache of kernels, one stream of commands. */
export class Gpu {
  readonly pool: BufferPool;
  readonly kernels: KernelCache;
  readonly stream: CommandStream;
  /** Resolves, never rejects, when the device is gone. */
  readonly lost: Promise<DeviceLostError>;
  readonly #loss: RaceWithLoss;
  readonly #ownsDevice: boolean;
  readonly #pending = new Set<Promise<unknown>>();
  #fault: ShrinkstepError | undefined;

  constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterDescription,
    readonly limits: Limits,
    ownsDevice: boolean,
  ) {
    this.#ownsDevice = ownsDevice;
    this.pool = new BufferPool(device, limits.maxBufferSize, (create, size) => this.#watchMemory(create, size));
    this.kernels = new KernelCache(device, limits, adapter);
    this.stream = new CommandStream(
      device,
      () => this.check(),
      (send) => this.#watchWork(send),
    );
    this.lost = device.lost.then(({ reason, message }) => {
      const error = new DeviceLostError(reason, message);
      this.#fault ??= error;
      return error;
    });
    this.#loss = new RaceWithLoss(this.lost);
    // On a device that others use too, an error may be theirs: there each submit has a scope of its own.
    if (ownsDevice) {
      device.addEventListener("uncapturederror", ({ error }) => {
        this.#fault ??= refusal("GPU: a buffer that submitted work uses", error);
      });
    }
  }

  get features(): ReadonlySet<string> {
    return this.device.features;
  }

  /** @throws the first error that the device reported: from then on its results cannot be trusted. */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  /** The promise's value, or a rejection when the device is lost meanwhile: WebGPU itself may never say so. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {}); // It may reject after the loss was reported.
    try {
      const value = await this.#loss.race(promise);
      this.check();
      return value as T;
    } catch (error) {
      // A map that was aborted by a loss says less than the loss does, which may be reported a moment later.
      await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
      this.check();
      throw error;
    }
  }

  /** Resolves when all submitted work is done and no error was reported. */
  async idle(): Promise<void> {
    await Promise.all(this.#pending);
    await this.settle(this.device.queue.onSubmittedWorkDone());
    // An uncaptured error is an event, and may come a task later than the work that it is about.
    await new Promise((resolve) => setTimeout(resolve));
    this.check();
  }

  /** Gives everything back. The device too, unless someone else opened it. */
  destroy(): void {
    this.#fault ??= new DisposedError("GPU: it was destroyed. Open a new one with openGpu().");
    this.pool.destroy();
    if (this.#ownsDevice) this.device.destroy();
  }

  #watchMemory(create: () => GPUBuffer, size: number): GPUBuffer {
    const { liveBytes } = this.pool.stats;
    return this.#watch("out-of-memory", create, (buffer) => {
      return new OutOfMemoryError(
        `${buffer.label}: the device has no memory for it (got ${size} bytes, beside ${liveBytes} in use). Use a smaller ` +
          "model or batch, or close other pages that use the GPU.",
      );
    });
  }

  #watchWork(send: () => void): void {
    if (this.#ownsDevice) send();
    else this.#watch("validation", send, (_, error) => refusal("GPU: a buffer that submitted work uses", error));
  }

  /** Does the work in an error scope: an error becomes the fault that `check` throws, a little later. */
  #watch<T>(filter: GPUErrorFilter, work: () => T, explain: (done: T, error: GPUError) => ShrinkstepError): T {
    this.device.pushErrorScope(filter);
    const done = work();
    const checked = this.device.popErrorScope().then(
      (error) => {
        if (error) this.#fault ??= explain(done, error);
      },
      () => {}, // The device was lost; `lost` says so.
    );
    this.#pending.add(checked);
    checked.then(() => this.#pending.delete(checked));
    return done;
  }
}

/**
 * Opens the best device there is, with all the limits and the useful features of its adapter.
 * @throws WebGPUUnavailableError where there is no WebGPU or no adapter, with the remedy.
 */
export async function openGpu({ device, limits, software = false }: GpuOptions = {}): Promise<Gpu> {
  if (device) return new Gpu(device, describeAdapter(device.adapterInfo), limitsOf(device, limits), false);
  const adapter = await requestAdapter({ powerPreference: "high-performance", forceFallbackAdapter: software });
  const opened = await adapter.requestDevice(deviceDescriptor(adapter));
  return new Gpu(opened, describeAdapter(adapter.info), limitsOf(opened, limits), true);
}
