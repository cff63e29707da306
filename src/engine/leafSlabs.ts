import { type Gpu, layoutSlab, Slab, type Slice, scaledLayout } from "../gpu/index.ts";
import type { DType } from "../graph/index.ts";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../numbers/half.ts";
import { elementBytes } from "./plan/memory.ts";

/** Tensors begin at multiples of 256 bytes, in half precision too. */
const alignment = 128;

/** All leaves of one role, such as the parameters, in a slab for each dtype. Two of the same leaves are laid out alike. */
export class LeafSlabs {
  readonly #slabs: readonly Slab[];
  readonly #slices = new Map<string, Slice>();

  constructor(
    { pool, limits }: Gpu,
    leaves: ReadonlyMap<string, { readonly elements: number; readonly dtype: DType }>,
    label: string,
  ) {
    const dtypes = [...new Set([...leaves.values()].map(({ dtype }) => dtype))];
    this.#slabs = dtypes.map((dtype) => {
      const own = [...leaves].filter(([, leaf]) => leaf.dtype === dtype);
      const tensors = own.map(([name, { elements }]) => ({ name, elements }));
      const layout = scaledLayout(layoutSlab(tensors, limits.maxBufferSize, alignment), elementBytes(dtype));
      const slab = new Slab(pool, layout, `${label}, ${dtype}`);
      for (const { name } of tensors) this.#slices.set(name, slab.slice(name));
      return slab;
    });
  }

  slice(name: string): Slice {
    return this.#slices.get(name) as Slice;
  }

  get bytes(): number {
    return this.#slabs.flatMap(({ whole }) => whole).reduce((sum, { size }) => sum + size, 0);
  }

  destroy(): void {
    for (const slab of this.#slabs) slab.destroy();
  }
}

/** Numbers as they are stored: in half precision rounded to the nearest. */
export function stored(dtype: DType, numbers: Float32Array<ArrayBuffer>): ArrayBufferView<ArrayBuffer> {
  if (elementBytes(dtype) === 4) return numbers;
  const narrow = dtype === "bfloat16" ? toBfloat16 : toFloat16;
  const codes = new Uint16Array(Math.ceil(numbers.length / 2) * 2);
  for (const [i, number] of numbers.entries()) codes[i] = narrow(number);
  return codes;
}

/** The numbers that are stored. */
export function loaded(dtype: DType, elements: number, words: Float32Array): Float32Array {
  if (elementBytes(dtype) === 4) return words;
  const widen = dtype === "bfloat16" ? fromBfloat16 : fromFloat16;
  const codes = new Uint16Array(words.buffer, words.byteOffset, elements);
  return Float32Array.from(codes, (code) => widen(code));
}
