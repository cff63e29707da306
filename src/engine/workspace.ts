import type { Gpu, Slice } from "../gpu/index.ts";

/** The buffers of something that is built once, used many times, and given back whole. */
export class Workspace {
  readonly #gpu: Gpu;
  readonly #buffers: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Storage of `bytes` zeros, which the host can write and copy. */
  storage(bytes: number, label: string): Slice {
    return this.#acquire(bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST, label);
  }

  /** A uniform of whole numbers. */
  uniform(values: readonly number[], label: string): Slice {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const slice = this.#acquire(values.length * 4, usage, label);
    this.#gpu.stream.write(slice, new Uint32Array(values));
    return slice;
  }

  /** Gives the buffers back. Nothing that uses them may be submitted later. */
  destroy(): void {
    for (const buffer of this.#buffers.splice(0)) this.#gpu.pool.release(buffer);
  }

  #acquire(bytes: number, usage: GPUBufferUsageFlags, label: string): Slice {
    const buffer = this.#gpu.pool.acquire(bytes, usage, label);
    this.#buffers.push(buffer);
    return { buffer, offset: 0, size: Math.ceil(bytes / 16) * 16 };
  }
}
