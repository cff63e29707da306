import { LimitError } from "./errors.ts";
import type { BufferPool } from "./pool.ts";
import { roundUp, type Slice } from "./slice.ts";

/** Where one tensor lies in every slab of a layout. */
export interface SlabEntry {
  readonly name: string;
  readonly elements: number;
  /** Which of the slab's buffers. */
  readonly buffer: number;
  /** Bytes from the start of that buffer; a multiple of 256, so that any kernel can bind the tensor. */
  readonly offset: number;
  /** Bytes: the elements, padded to whole groups of four. */
  readonly size: number;
}

/** A plan of tensors in as few buffers as the device allows. Slabs of one layout are laid out alike. */
export interface SlabLayout {
  readonly entries: readonly SlabEntry[];
  /** Bytes of each buffer. */
  readonly bufferSizes: readonly number[];
}

/**
 * Lays float32 tensors out one after the other, from multiples of `multiple` elements on.
 * @throws LimitError where one tensor alone is larger than a buffer may be.
 */
export function layoutSlab(
  tensors: readonly { name: string; elements: number }[],
  maxBufferSize: number,
  multiple = 64,
): SlabLayout {
  const entries: SlabEntry[] = [];
  const bufferSizes: number[] = [0];
  for (const { name, elements } of tensors) {
    const size = roundUp(elements, 4) * 4;
    if (size > maxBufferSize) {
      throw new LimitError(
        `tensor "${name}": larger than one buffer may be (got ${size} bytes, allowed ${maxBufferSize}). Split it in two.`,
      );
    }
    let offset = roundUp(bufferSizes.at(-1) as number, multiple * 4);
    if (offset + size > maxBufferSize) {
      bufferSizes.push(0);
      offset = 0;
    }
    entries.push({ name, elements, buffer: bufferSizes.length - 1, offset, size });
    bufferSizes[bufferSizes.length - 1] = offset + size;
  }
  return { entries, bufferSizes: bufferSizes.map((size) => Math.max(size, 16)) };
}

/**
 * The same tensors in the same places, counted in elements, where an element has so many bytes: fewer than 4, or a share of
 * them where `multiple` elements have one number together.
 */
export function scaledLayout({ entries, bufferSizes }: SlabLayout, bytes: number): SlabLayout {
  const scaled = (size: number): number => roundUp((size / 4) * bytes, 4);
  return {
    entries: entries.map((entry) => ({ ...entry, offset: (entry.offset / 4) * bytes, size: scaled(entry.size) })),
    bufferSizes: bufferSizes.map((size) => Math.max(scaled(size), 16)),
  };
}

/** All tensors of one role (parameters, gradients, one optimizer state) in one buffer, or few. Zero-filled. */
export class Slab {
  readonly layout: SlabLayout;
  readonly #pool: BufferPool;
  readonly #buffers: readonly GPUBuffer[];
  readonly #slices = new Map<string, Slice>();

  constructor(pool: BufferPool, layout: SlabLayout, label: string) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#pool = pool;
    this.layout = layout;
    this.#buffers = layout.bufferSizes.map((size) => pool.acquire(size, usage, label));
    for (const { name, buffer, offset, size } of layout.entries) {
      this.#slices.set(name, { buffer: this.#buffers[buffer] as GPUBuffer, offset, size });
    }
  }

  /** The whole of the slab, one slice for each of its buffers. */
  get whole(): readonly Slice[] {
    return this.#buffers.map((buffer, i) => ({ buffer, offset: 0, size: this.layout.bufferSizes[i] as number }));
  }

  slice(name: string): Slice {
    const slice = this.#slices.get(name);
    if (!slice) throw new RangeError(`slab: no tensor "${name}" (it has ${[...this.#slices.keys()].join(", ")}).`);
    return slice;
  }

  destroy(): void {
    for (const buffer of this.#buffers) this.#pool.release(buffer);
  }
}
