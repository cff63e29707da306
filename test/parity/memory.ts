import { type Gpu, layoutSlab, readSlices, Slab, type Slice } from "../../src/gpu/index.ts";
import type { Memory, ParityTensor } from "./cases.ts";

/** Tensors on the GPU: parameters and gradients, as one of the layouts of `Memory`. */
export interface TensorMemory {
  param(name: string): Slice;
  grad(name: string): Slice;
  /** Writes a value for each tensor, in order. */
  write(role: "param" | "grad", values: readonly Float32Array<ArrayBuffer>[]): void;
  destroy(): void;
}

const countOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

export function allocate(gpu: Gpu, tensors: readonly ParityTensor[], memory: Memory): TensorMemory {
  return memory === "slabs" ? inSlabs(gpu, tensors) : inBuffers(gpu, tensors, memory === "one buffer");
}

function inSlabs(gpu: Gpu, tensors: readonly ParityTensor[]): TensorMemory {
  const entries = tensors.map(({ name, shape }) => ({ name, elements: countOf(shape) }));
  const layout = layoutSlab(entries, gpu.limits.maxBufferSize);
  const slabs = { param: new Slab(gpu.pool, layout, "test param"), grad: new Slab(gpu.pool, layout, "test grad") };
  return {
    param: (name) => slabs.param.slice(name),
    grad: (name) => slabs.grad.slice(name),
    write: (role, values) => {
      const images = layout.bufferSizes.map((size) => new Float32Array(size / 4));
      for (const [i, entry] of layout.entries.entries()) {
        images[entry.buffer]?.set(values[i] as Float32Array, entry.offset / 4);
      }
      for (const [i, slice] of slabs[role].whole.entries())
        gpu.stream.write(slice, images[i] as Float32Array<ArrayBuffer>);
    },
    destroy: () => {
      slabs.param.destroy();
      slabs.grad.destroy();
    },
  };
}

function inBuffers(gpu: Gpu, tensors: readonly ParityTensor[], shared: boolean): TensorMemory {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const slices = new Map<string, Slice>();
  let offset = 0;
  for (const role of ["param", "grad"]) {
    for (const { name, shape } of tensors) {
      const size = countOf(shape) * 4;
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
        gpu.stream.write(slices.get(`${role} ${name}`) as Slice, values[i] as Float32Array<ArrayBuffer>);
      }
    },
    destroy: () => {
      for (const { buffer } of slices.values()) buffer.destroy();
    },
  };
}

/** The numbers of many tensors. */
export function readAll(gpu: Gpu, slices: readonly Slice[], counts: readonly number[]): Promise<Float32Array[]> {
  return readSlices(
    gpu,
    slices.map((slice, i) => ({ ...slice, size: (counts[i] as number) * 4 })),
  );
}
