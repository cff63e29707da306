/**
 * A range of bytes of a buffer. The range belongs to one tensor: kernels that work four elements at a time may write
 * its padding too, but never a byte outside it.
 */
export interface Slice {
  readonly buffer: GPUBuffer;
  /** Where the range starts, in bytes; a multiple of `minStorageBufferOffsetAlignment` (256) to be bound. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
