import type { Gpu, Slice } from "../gpu/index.ts";
import type { Workspace } from "./workspace.ts";

/** Labelled rows on their way to the GPU: host memory laid out like the buffer that one write brings it to. */
export class BatchBlock {
  /** [rows, features], row after row. */
  readonly x: Float32Array<ArrayBuffer>;
  /** [rows]: the classes. */
  readonly y: Uint32Array<ArrayBuffer>;
  /** [1]: which of the metrics' slots the batch writes. */
  readonly slot: Uint32Array<ArrayBuffer>;
  readonly slices: { readonly x: Slice; readonly y: Slice; readonly slot: Slice };
  readonly #gpu: Gpu;
  readonly #bytes: ArrayBuffer;
  readonly #whole: Slice;

  constructor(gpu: Gpu, workspace: Workspace, rows: number, features: number) {
    const yStart = roundUp(rows * features * 4);
    const slotStart = yStart + roundUp(rows * 4);
    this.#gpu = gpu;
    this.#bytes = new ArrayBuffer(slotStart + 16);
    this.#whole = workspace.storage(this.#bytes.byteLength, "engine/batch");
    const { buffer } = this.#whole;
    this.x = new Float32Array(this.#bytes, 0, rows * features);
    this.y = new Uint32Array(this.#bytes, yStart, rows);
    this.slot = new Uint32Array(this.#bytes, slotStart, 1);
    this.slices = {
      x: { buffer, offset: 0, size: yStart },
      y: { buffer, offset: yStart, size: slotStart - yStart },
      slot: { buffer, offset: slotStart, size: 16 },
    };
  }

  /** Brings what the views hold to the GPU, ahead of the next submit. */
  write(): void {
    this.#gpu.stream.write(this.#whole, this.#bytes);
  }
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 256) * 256;
