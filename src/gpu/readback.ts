import type { Gpu } from "./openGpu.ts";
import type { Slice } from "./slice.ts";

/** Copies a slice to the host. Waits for all work submitted before it: for tests, checkpoints and reports, not for steps. */
export async function read(gpu: Gpu, slice: Slice): Promise<ArrayBuffer> {
  const ring = new ReadbackRing(gpu, slice.size, 1);
  try {
    const bytes = ring.capture(slice) as Promise<ArrayBuffer>;
    gpu.stream.submit();
    return await bytes;
  } finally {
    ring.destroy();
  }
}

/** `read`, as float32 numbers. */
export async function readFloats(gpu: Gpu, slice: Slice): Promise<Float32Array> {
  return new Float32Array(await read(gpu, slice));
}

/**
 * A few small buffers that carry results to the host some steps late. A capture never waits: it is encoded into the
 * stream with everything else, and is left out when every slot is still on its way.
 */
export class ReadbackRing {
  readonly #gpu: Gpu;
  readonly #free: GPUBuffer[] = [];
  readonly #all: readonly GPUBuffer[];
  /** Captures left out because every slot was on its way. */
  dropped = 0;

  /** `size` is the most bytes of one capture. */
  constructor(gpu: Gpu, size: number, slots = 3) {
    this.#gpu = gpu;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#all = Array.from({ length: slots }, (_, i) =>
      gpu.device.createBuffer({ size: Math.max(size, 4), usage, label: `gpu/readback ${i}` }),
    );
    this.#free.push(...this.#all);
  }

  /**
   * Encodes a copy of the slice. The promise has its bytes, as they were at this point of the stream, once the stream
   * was submitted and the GPU has got there; undefined where no slot was free.
   */
  capture(slice: Slice): Promise<ArrayBuffer> | undefined {
    const slot = this.#free.pop();
    if (!slot) {
      this.dropped += 1;
      return undefined;
    }
    const gpu = this.#gpu;
    gpu.stream.copy(slice, { buffer: slot, offset: 0, size: slice.size });
    const take = (): ArrayBuffer => {
      const bytes = slot.getMappedRange(0, slice.size).slice(0);
      slot.unmap();
      this.#free.push(slot);
      return bytes;
    };
    const mapped = new Promise<ArrayBuffer>((resolve, reject) => {
      gpu.stream.afterSubmit(() => slot.mapAsync(GPUMapMode.READ, 0, slice.size).then(take).then(resolve, reject));
    });
    const settled = gpu.settle(mapped);
    settled.catch(() => {}); // Whoever asked may be gone by the time that the device is lost.
    return settled;
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}
