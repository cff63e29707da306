/** What the safetensors format has: element types, sizes, limits, and the error for everything else. */

/** The constructor of a typed array, as a view. */
export interface ElementArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/**
 * The element types of safetensors 0.8.0: bits of one element, and the array that holds them. Types that JavaScript has
 * no array for come as their bits: F16 and BF16 as Uint16Array, 8-bit floats a byte each, F4 and F6 packed. C64 comes
 * as pairs of real and imaginary part.
 */
export const DTYPES = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Uint16Array },
  BF16: { bits: 16, array: Uint16Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: Float32Array },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const satisfies Record<string, { bits: number; array: ElementArray }>;

export type SafetensorsDtype = keyof typeof DTYPES;

/** A tensor on its way in or out; `dtype` tells the type of `data`, and `shape` is in elements, row-major. */
export type SafetensorsTensor = {
  [D in SafetensorsDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: (typeof DTYPES)[D]["array"]["prototype"];
  };
}[SafetensorsDtype];

/** Before the header stands its length. */
export const LENGTH_BYTES = 8;
export const MAX_TENSORS = 65_536;
/** More dimensions than NumPy and PyTorch's iterators take. */
export const MAX_RANK = 64;
/** The largest header that the reference implementation reads. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA = "__metadata__";

/** What kind of fault it is, for code that has to tell them apart. */
export type SafetensorsFault =
  | "input"
  | "lfs-pointer"
  | "header-length"
  | "header-encoding"
  | "header-syntax"
  | "duplicate"
  | "limit"
  | "metadata"
  | "name"
  | "field"
  | "dtype"
  | "integer"
  | "shape"
  | "offsets"
  | "trailing"
  | "non-finite";

/** A file that is not safetensors as the format and our limits have it, or tensors that cannot be written as one. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";

  constructor(
    readonly fault: SafetensorsFault,
    message: string,
  ) {
    super(message);
  }
}

/** A name from a file, fit for a message: quoted, and cut where it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

/** Whether UTF-8, and so a file, can hold the text: no half of a surrogate pair stands alone. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** `dtype` as one of ours, or an error that names it. */
export function knownDtype(thing: string, dtype: string): SafetensorsDtype {
  if (Object.hasOwn(DTYPES, dtype)) return dtype as SafetensorsDtype;
  const allowed = Object.keys(DTYPES).join(", ");
  throw new SafetensorsError(
    "dtype",
    `${thing}: unknown dtype (got ${quoted(dtype)}, allowed ${allowed}). Convert the tensor to one of these.`,
  );
}

/** The bytes of a tensor; an error where they are not a whole number below 2^53. The shape holds safe integers. */
export function byteSize(thing: string, dtype: SafetensorsDtype, shape: readonly number[]): number {
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    // Each step, and not only the end: a later zero must not hide what an unchecked product would wrap to elsewhere.
    if (elements > Number.MAX_SAFE_INTEGER) throw tooLarge(thing, shape);
  }
  const bits = elements * DTYPES[dtype].bits;
  if (bits > Number.MAX_SAFE_INTEGER) throw tooLarge(thing, shape);
  if (bits % 8 !== 0) {
    throw new SafetensorsError(
      "dtype",
      `${thing}: ${dtype} elements do not fill whole bytes (got ${bits} bits, allowed multiples of 8). ` +
        "Pad the shape, or store the tensor as U8.",
    );
  }
  return bits / 8;
}

function tooLarge(thing: string, shape: readonly number[]): SafetensorsError {
  return new SafetensorsError(
    "shape",
    `${thing}: too many elements (got shape [${shape}], allowed fewer than 2^53 bits in all). Check the shape.`,
  );
}
