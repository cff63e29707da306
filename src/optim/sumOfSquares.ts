import sumOfSquaresCode from "../../shaders/reduce/sumOfSquares.wgsl?raw";
import type { Dispatch, Gpu, Kernel, Slice } from "../gpu/index.ts";

/** A sum of squares as prepared dispatches, and the memory that they work in. */
export interface SumOfSquares {
  readonly dispatches: readonly Dispatch[];
  /** float32 [1]. */
  readonly result: Slice;
  destroy(): void;
}

/** Bytes that one workgroup adds up: 32 loads of four elements for each of its 64 lanes. */
const stretchBytes = 64 * 32 * 16;

/**
 * Σ x² over float32 slices: one dispatch a slice (or more, where a slice is larger than one binding may be) and one
 * over their sums. The order of summation depends on nothing but the slices' sizes. Sizes are whole fours of elements,
 * as a slab's are.
 */
export async function sumOfSquares(gpu: Gpu, slices: readonly Slice[]): Promise<SumOfSquares> {
  const [squares, sums] = await Promise.all([kernel(gpu, true), kernel(gpu, false)]);
  const windows = slices.flatMap((slice) => windowsOf(slice, gpu.limits.maxStorageBufferBindingSize));
  const stretches = windows.map(({ size }) => Math.ceil(size / stretchBytes));
  const total = stretches.reduce((sum, count) => sum + count, 0);
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers: GPUBuffer[] = [];
  const acquire = (size: number, usage: GPUBufferUsageFlags): Slice => {
    const buffer = gpu.pool.acquire(size, usage, "reduce/sumOfSquares");
    buffers.push(buffer);
    return { buffer, offset: 0, size };
  };
  const span = (size: number, stretch: number, first: number): Slice => {
    const uniform = acquire(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    gpu.stream.write(uniform, new Uint32Array([size / 16, stretch / 16, first, 0]));
    return uniform;
  };
  const partials = acquire(Math.ceil(total / 4) * 16, storage);
  const result = acquire(4, storage);
  let first = 0;
  const dispatches = windows.map((window, i) => {
    const count = stretches[i] as number;
    const dispatch = squares.prepare([[window, partials, span(window.size, stretchBytes, first)]], count);
    first += count;
    return dispatch;
  });
  dispatches.push(sums.prepare([[partials, result, span(partials.size, partials.size, 0)]], 1));
  const destroy = (): void => {
    for (const buffer of buffers.splice(0)) gpu.pool.release(buffer);
  };
  return { dispatches, result, destroy };
}

function kernel(gpu: Gpu, square: boolean): Promise<Kernel> {
  return gpu.kernels.get({
    label: "reduce/sumOfSquares",
    parts: [{ file: "shaders/reduce/sumOfSquares.wgsl", code: sumOfSquaresCode }],
    bindings: [["read", "readWrite", "uniform"]],
    constants: { SQUARE: Number(square), GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
  });
}

function windowsOf({ buffer, offset, size }: Slice, largest: number): Slice[] {
  const step = Math.floor(largest / stretchBytes) * stretchBytes;
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => ({
    buffer,
    offset: offset + i * step,
    size: Math.min(step, size - i * step),
  }));
}
