import { LimitError } from "./errors.ts";
import { roundUp } from "./slice.ts";

/** What the pool holds, in bytes and buffers. */
export interface PoolStats {
  /** Bytes of the buffers handed out now. */
  readonly liveBytes: number;
  /** The most that `liveBytes` has been. */
  readonly peakBytes: number;
  /** Bytes of the buffers that wait for their next user. */
  readonly idleBytes: number;
  readonly liveBuffers: number;
  /** Buffers made, and buffers handed out again, since the start. */
  readonly created: number;
  readonly recycled: number;
}

const smallest = 256;

/** The size that a request is rounded up to: powers of two to 1 MiB, then sixteenths of a power of two. */
export function sizeClass(size: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(size, smallest)));
  return power <= 2 ** 20 ? power : roundUp(size, power / 32);
}

/** Buffers by size class and usage. A buffer that is handed out holds zeros, whoever had it before. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #maxBufferSize: number;
  readonly #track: (created: () => GPUBuffer, size: number) => GPUBuffer;
  readonly #idle = new Map<string, GPUBuffer[]>();
  readonly #live = new Set<GPUBuffer>();
  #liveBytes = 0;
  #peakBytes = 0;
  #idleBytes = 0;
  #created = 0;
  #recycled = 0;

  /** `track` runs a creation inside the error scope that finds out whether there was memory for it. */
  constructor(device: GPUDevice, maxBufferSize: number, track: (created: () => GPUBuffer, size: number) => GPUBuffer) {
    this.#device = device;
    this.#maxBufferSize = maxBufferSize;
    this.#track = track;
  }

  /**
   * A zero-filled buffer of at least `size` bytes. It can be a copy's destination whether `usage` says so or not.
   * @throws LimitError where `size` is more than the device allows.
   */
  acquire(size: number, usage: GPUBufferUsageFlags, label: string): GPUBuffer {
    if (size > this.#maxBufferSize) {
      throw new LimitError(
        `${label}: too large for one buffer (got ${size} bytes, allowed ${this.#maxBufferSize}). Split the tensor.`,
      );
    }
    const bytes = Math.min(sizeClass(size), this.#maxBufferSize);
    const clearable = usage | GPUBufferUsage.COPY_DST;
    const recycled = this.#idle.get(key(bytes, clearable))?.pop();
    const create = () => this.#device.createBuffer({ size: bytes, usage: clearable, label });
    const buffer = recycled ?? this.#track(create, bytes);
    if (recycled) {
      recycled.label = label;
      this.#idleBytes -= bytes;
      this.#recycled += 1;
      const encoder = this.#device.createCommandEncoder({ label: "gpu/pool clear" });
      encoder.clearBuffer(recycled);
      this.#device.queue.submit([encoder.finish()]);
    } else {
      this.#created += 1;
    }
    this.#live.add(buffer);
    this.#liveBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    return buffer;
  }

  /** Gives a buffer back. Work that was submitted with it still completes; nothing submitted later may use it. */
  release(buffer: GPUBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.#liveBytes -= buffer.size;
    this.#idleBytes += buffer.size;
    const shelf = key(buffer.size, buffer.usage);
    const idle = this.#idle.get(shelf);
    if (idle) idle.push(buffer);
    else this.#idle.set(shelf, [buffer]);
  }

  /** Destroys the buffers that nobody uses. */
  trim(): void {
    for (const buffers of this.#idle.values()) for (const buffer of buffers) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  /** Destroys every buffer of the pool. */
  destroy(): void {
    this.trim();
    for (const buffer of this.#live) buffer.destroy();
    this.#live.clear();
    this.#liveBytes = 0;
  }

  get stats(): PoolStats {
    return {
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      idleBytes: this.#idleBytes,
      liveBuffers: this.#live.size,
      created: this.#created,
      recycled: this.#recycled,
    };
  }
}

const key = (bytes: number, usage: GPUBufferUsageFlags): string => `${bytes}/${usage}`;
