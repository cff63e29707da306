/** In how many bits numbers are kept. */
import type { Slice } from "../gpu/index.ts";

/** What the elements of a parameter and of its gradient are. */
export type Dtype = "float32" | "bfloat16" | "float16";

/** How a rule's moments are kept: `float8` is 8 bits an element and a scale for each block of 256. */
export type StateStorage = "float32" | "bfloat16" | "float8";

/** Elements that share a scale in `float8`. */
export const blockSize = 256;

/** What a state is an array of: `scale` is a float32 number a block, all others are a number an element. */
export type StateKind = "float32" | "bfloat16" | "float8" | "scale";

/** The numbers of a state: bfloat16 as its bits, `float8` as its codes. */
export type StateValues = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Where a state is on the GPU, and what is there. */
export interface StateSlice extends Slice {
  readonly kind: StateKind;
}

const bytesOfDtype = { float32: 4, bfloat16: 2, float16: 2 } as const;
const bytesOfKind = { float32: 4, bfloat16: 2, float8: 1, scale: 4 / blockSize } as const;

export const dtypes = Object.keys(bytesOfDtype) as readonly Dtype[];
export const stateStorages: readonly StateStorage[] = ["float32", "bfloat16", "float8"];

export const isHalf = (dtype: Dtype): boolean => dtype !== "float32";

/** Bytes of an element. */
export const dtypeBytes = (dtype: Dtype): number => bytesOfDtype[dtype];

/** Bytes of an element; of a scale, its share. */
export const kindBytes = (kind: StateKind): number => bytesOfKind[kind];

/** Scales that a state of so many elements has. */
export const blocksIn = (elements: number): number => Math.ceil(elements / blockSize);

/** Elements that tensors start at multiples of: 256 bytes in each state, and whole blocks where there are scales. */
export const alignmentOf = (kinds: readonly StateKind[]): number =>
  Math.max(64, ...kinds.map((kind) => (kind === "scale" ? blockSize : 256 / kindBytes(kind))));

const arrays = { float32: Float32Array, bfloat16: Uint16Array, float8: Uint8Array, scale: Float32Array } as const;

/** Bytes of so many numbers. */
export const sizeOf = (kind: StateKind, count: number): number => count * arrays[kind].BYTES_PER_ELEMENT;

/** So many numbers, as these bytes hold them. */
export function numbersIn(kind: StateKind, count: number, bytes: ArrayBuffer, offset: number): StateValues {
  return new arrays[kind](bytes, offset, count);
}

/** Whether an array can hold numbers of this kind. */
export const holds = (values: StateValues | undefined, kind: StateKind): boolean => values instanceof arrays[kind];
