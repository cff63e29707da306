import { type Gpu, layoutSlab, readSlices, Slab, type Slice, scaledLayout } from "../../src/gpu/index.ts";
import type { Dtype } from "../../src/optim/index.ts";
import { dtypeBytes } from "../../src/optim/storage.ts";
import type { Memory, ParityTensor } from "./cases.ts";
import { decoded, encoded } from "./storage.ts";

/** Tensors on the GPU: parameters and gradients, as one of the layouts of `Memory`. */
export interface TensorMemory {
  param(name: string): Slice;
  grad(name: string): Slice;
  /** Writes a value for each tensor, in order. */
  write(role: "param" | "grad", values: readonly Float32Array<ArrayBuffer>[]): void;
  destroy(): void;
}

const countOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

export function allocate(
  gpu: Gpu,
  tensors: readonly ParityTensor[],
  memory: Memory,
  dtype: Dtype = "float32",
): TensorMemory {
  return memory === "slabs" ? inSlabs(gpu, tensors, dtype) : inBuffers(gpu, tensors, dtype, memory === "one buffer");
}

function inSlabs(gpu: Gpu, tensors: readonly ParityTensor[], dtype: Dtype): TensorMemory {
  const entries = tensors.map(({ name, shape }) => ({ name, elements: countOf(shape) }));
  const bytes = dtypeBytes(dtype);
  const layout = scaledLayout(layoutSlab(entries, gpu.limits.maxBufferSize, 256 / bytes), bytes);
  const slabs = { param: new Slab(gpu.pool, layout, "test param"), grad: new Slab(gpu.pool, layout, "test grad") };
  return {
    param: (name) => slabs.param.slice(name),
    grad: (name) => slabs.grad.slice(name),
    write: (role, values) => {
      const images = layout.bufferSizes.map((size) => new Uint8Array(size));
      for (const [i, entry] of layout.entries.entries()) {
        images[entry.buffer]?.set(bytesOf(dtype, values[i] as Float32Array), entry.offset);
      }
      for (const [i, slice] of slabs[role].whole.entries())
        gpu.stream.write(slice, images[i] as Uint8Array<ArrayBuffer>);
    },
    destroy: () => {
      slabs.param.destroy();
      slabs.grad.destroy();
    },
  };
}

/** The numbers in whole words. */
function bytesOf(dtype: Dtype, values: Float32Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = encoded(dtype, values);
  const bytes = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes;
}

function inBuffers(gpu: Gpu, tensors: readonly ParityTensor[], dtype: Dtype, shared: boolean): TensorMemory {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const slices = new Map<string, Slice>();
  let offset = 0;
  for (const role of ["param", "grad"]) {
    for (const { name, shape } of tensors) {
      const size = Math.ceil((countOf(shape) * dtypeBytes(dtype)) / 4) * 4;
      slices.set(`${role} ${name}`, { buffer: undefined as unknown as GPUBuffer, offset: shared ? offset : 0, size });
      offset += Math.ceil(size / 256) * 256;
    }
  }
  const one = shared ? gpu.device.createBuffer({ size: offset, usage, label: "test arena" }) : undefined;
  for (const [key, slice] of slices) {
    slices.set(key, { ...slice, buffer: one ?? gpu.device.createBuffer({ size: slice.size, usage, label: key }) });
  }
  return {
    param: (name) => slices.get(`param ${name}`) as Slice,
    grad: (name) => slices.get(`grad ${name}`) as Slice,
    write: (role, values) => {
      for (const [i, { name }] of tensors.entries()) {
        gpu.stream.write(slices.get(`${role} ${name}`) as Slice, bytesOf(dtype, values[i] as Float32Array));
      }
    },
    destroy: () => {
      for (const { buffer } of slices.values()) buffer.destroy();
    },
  };
}

/** The numbers of many tensors. */
export async function readAll(
  gpu: Gpu,
  slices: readonly Slice[],
  counts: readonly number[],
  dtype: Dtype = "float32",
): Promise<Float32Array[]> {
  const sized = slices.map((slice, i) => ({
    ...slice,
    size: Math.ceil(((counts[i] as number) * dtypeBytes(dtype)) / 4) * 4,
  }));
  const read = await readSlices(gpu, sized);
  return read.map(({ buffer, byteOffset }, i) => decoded(dtype, buffer, byteOffset, counts[i] as number));
}
