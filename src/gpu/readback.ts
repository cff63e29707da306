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
 * The float32 numbers of many slices, with one copy for each buffer that they lie in. All copies are submitted before the
 * first is awaited, so that nothing the caller submits later falls between two of them.
 */
export async function readSlices(gpu: Gpu, slices: readonly Slice[]): Promise<Float32Array<ArrayBuffer>[]> {
  const spans = new Map<GPUBuffer, { start: number; end: number }>();
  for (const { buffer, offset, size } of slices) {
    if (size === 0) continue;
    const { start, end } = spans.get(buffer) ?? { start: offset, end: offset };
    spans.set(buffer, { start: Math.min(start, offset), end: Math.max(end, offset + size) });
  }
  const reads = [...spans].map(async ([buffer, { start, end }]) => {
    const bytes = await read(gpu, { buffer, offset: start, size: end - start });
    return [buffer, { start, bytes }] as const;
  });
  const found = new Map(await Promise.all(reads));
  return slices.map(({ buffer, offset, size }) => {
    const span = found.get(buffer);
    return size > 0 && span ? new Float32Array(span.bytes, offset - span.start, size / 4) : new Float32Array();
  });
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
