import { type Gpu, roundUp, type Slice } from "../gpu/index.ts";
import { elementsOf, input, type Tensor, type TensorType } from "../graph/index.ts";
import type { Workspace } from "./workspace.ts";

/** The types of a batch's parts, by name. */
export type BatchTypes = Readonly<Record<string, TensorType>>;

/** A batch: for each part as many numbers as its shape has, row-major. */
export type BatchOf<Types extends BatchTypes> = { readonly [Name in keyof Types]: ArrayLike<number> };

/** float32 numbers of a shape. */
export const f32 = (...shape: number[]): TensorType => ({ shape, dtype: "float32" });

/** Indices or classes of a shape, uint32. */
export const u32 = (...shape: number[]): TensorType => ({ shape, dtype: "uint32" });

/** A batch as leaves of a graph. */
export const leavesOf = <Types extends BatchTypes>(types: Types): { readonly [Name in keyof Types]: Tensor } =>
  Object.fromEntries(
    Object.entries(types).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
  ) as never;

interface Part {
  readonly name: string;
  readonly slice: Slice;
  readonly view: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/** A batch and the keys of the step on their way to the GPU: host memory laid out like the buffer that one write brings it to. */
export class Inputs {
  readonly #gpu: Gpu;
  readonly #bytes: ArrayBuffer;
  readonly #whole: Slice;
  readonly #parts = new Map<Tensor, Part>();
  readonly #keys: Part;

  /** @param keys the leaf of the step's key, or of those of a model's copies */
  constructor(gpu: Gpu, workspace: Workspace, leaves: Readonly<Record<string, Tensor>>, keys: Tensor) {
    this.#gpu = gpu;
    let end = 0;
    const spots = [...Object.entries(leaves), ["", keys] as const].map(([name, leaf]) => {
      const offset = end;
      const size = Math.max(roundUp(elementsOf(leaf.shape), 4) * 4, 16);
      end = roundUp(offset + size, 256);
      return { name, leaf, offset, size };
    });
    this.#bytes = new ArrayBuffer(end);
    this.#whole = workspace.storage(end, "engine/inputs");
    const { buffer } = this.#whole;
    for (const { name, leaf, offset, size } of spots) {
      const kind = leaf.dtype === "uint32" ? Uint32Array : Float32Array;
      const view = new kind(this.#bytes, offset, elementsOf(leaf.shape));
      this.#parts.set(leaf, { name, view, slice: { buffer, offset, size } });
    }
    this.#keys = this.#parts.get(keys) as Part;
  }

  /** Where a part of the batch, or the step's keys, are on the GPU. */
  place(leaf: Tensor): Slice | undefined {
    return this.#parts.get(leaf)?.slice;
  }

  /**
   * Brings a batch to the GPU, ahead of the next submit, and the key of the step or, where the model has copies, of each.
   * @throws RangeError, before anything is written, where a part is missing or has not as many numbers as its shape.
   */
  write(batch: Readonly<Record<string, ArrayLike<number>>>, ...keys: readonly number[]): void {
    for (const part of this.#parts.values()) {
      if (part === this.#keys) continue;
      const { name, view } = part;
      const got = batch[name]?.length;
      if (got !== view.length) {
        const words = got === undefined ? "it is missing" : `got ${got} numbers`;
        throw new RangeError(`batch: "${name}" does not fit (${words}, allowed ${view.length}). Fill it whole.`);
      }
    }
    for (const part of this.#parts.values()) {
      part.view.set(part === this.#keys ? keys : (batch[part.name] as ArrayLike<number>));
    }
    this.#gpu.stream.write(this.#whole, this.#bytes);
  }
}
