import memoryCode from "../../../shaders/optim/gradients/memory.wgsl?raw";
import squaresCode from "../../../shaders/optim/gradients/squares.wgsl?raw";
import verdictCode from "../../../shaders/optim/gradients/verdict.wgsl?raw";
import {
  type Dispatch,
  type Gpu,
  type Kernel,
  layoutSlab,
  type ShaderPart,
  Slab,
  type Slice,
} from "../../gpu/index.ts";
import { tileParts } from "../parts.ts";
import { halfConstants } from "../storageParts.ts";
import { makeTables } from "../tables.ts";
import { type Placement, type Run, summingSizes, type TensorAccess } from "../tiles.ts";
import type { CheckedGradients } from "./options.ts";
import { memoryBytes, type ScaleState } from "./reports.ts";

/** The look at the gradients as prepared dispatches, and the memory that they work in. */
export interface BuiltGuard {
  readonly dispatches: readonly Dispatch[];
  assign(rowOf: ReadonlyMap<string, number>): void;
  /** The name of the tensor that a tile is of, and the tile's first element. */
  tileAt(slot: number): { readonly name: string; readonly first: number } | undefined;
  release(): void;
}

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/gradients/${name}.wgsl`, code });
const memoryPart = part("memory", memoryCode);

/** The module of the first look, and that of the verdict. */
export const squaresParts = (access: TensorAccess): ShaderPart[] => [
  ...tileParts(access),
  memoryPart,
  part("squares", squaresCode),
];
export const verdictParts: readonly ShaderPart[] = [memoryPart, part("verdict", verdictCode)];

/** Looks at the gradients before an update uses them: their norm, whether all are finite, the loss scale. */
export class Guard {
  readonly #gpu: Gpu;
  readonly #options: CheckedGradients;
  readonly #slab: Slab;
  readonly #settings: GPUBuffer;

  constructor(gpu: Gpu, options: CheckedGradients) {
    this.#gpu = gpu;
    this.#options = options;
    const layout = layoutSlab([{ name: "memory", elements: memoryBytes / 4 }], gpu.limits.maxBufferSize);
    this.#slab = new Slab(gpu.pool, layout, "optim/gradients memory");
    this.#settings = gpu.pool.acquire(32, GPUBufferUsage.UNIFORM, "optim/gradients settings");
    this.restore({ scale: options.scale.initial, good: 0 });
  }

  /** See shaders/optim/gradients/memory.wgsl. */
  get memory(): Slice {
    return this.#slab.slice("memory");
  }

  /** float32 [1]: what the loss is to be multiplied with. */
  get lossScale(): Slice {
    return { ...this.memory, size: 4 };
  }

  /** Begins to count anew, with this loss scale. */
  restore({ scale, good }: ScaleState): void {
    const words = new ArrayBuffer(32);
    new Float32Array(words).set([scale, Math.fround(this.#share / Math.fround(scale))]);
    new Uint32Array(words)[2] = good;
    this.#gpu.stream.write(this.memory, words);
  }

  /** Steps are taken again after one whose gradient was not finite. */
  forgive(): void {
    this.#gpu.stream.write({ ...this.memory, offset: this.memory.offset + 12, size: 4 }, new Uint32Array(1));
  }

  /** Says how the host lays the rows out from now on; the next step finds its rows in the first place. */
  setRows(rowsOfStep: number, rowSlots: number): void {
    const { clipNorm, scale, stopsAtFailure } = this.#options;
    const words = new ArrayBuffer(32);
    new Float32Array(words).set([clipNorm, this.#share, scale.growth, scale.backoff]);
    new Uint32Array(words).set([scale.interval, Number(stopsAtFailure), rowsOfStep, rowSlots], 4);
    this.#gpu.stream.write({ buffer: this.#settings, offset: 0, size: 32 }, words);
    this.#gpu.stream.write({ ...this.memory, offset: this.memory.offset + 24, size: 4 }, new Uint32Array(1));
  }

  /** Makes what looks at these tensors and writes `verdict`. */
  async build(placements: readonly Placement[], verdict: Slice): Promise<BuiltGuard> {
    const { pool, limits } = this.#gpu;
    const sizes = summingSizes(limits);
    const gradients = placements.map((each) => ({ ...each, param: each.grad, states: [], pack: undefined }));
    const tables = makeTables(this.#gpu, gradients, sizes, "optim/gradients tables");
    const { runs } = tables;
    const tileCount = runs.reduce((count, { tiles }) => count + tiles.length, 0);
    const [squares, judge] = await Promise.all([
      Promise.all(runs.map(({ access }) => this.#squares(access, sizes.workgroupSize))),
      this.#verdict(),
    ]).catch((error) => {
      tables.release();
      throw error;
    });
    // In a buffer of its own: WebGPU lets no dispatch write a buffer that it also reads.
    const size = Math.max(tileCount * 8, 8);
    const findings = {
      buffer: pool.acquire(size, GPUBufferUsage.STORAGE, "optim/gradients findings"),
      offset: 0,
      size,
    };
    const dispatches = runs.map(({ grad, table, tiles }, i) =>
      (squares[i] as Kernel).prepare([{ 1: grad, 2: table }, [findings, this.memory]], tiles.length),
    );
    const settings = { buffer: this.#settings, offset: 0, size: 32 };
    dispatches.push(judge.prepare([[findings, this.memory, verdict, settings]], 1));
    return {
      dispatches,
      assign: tables.assign,
      tileAt: (slot) => tileAt(runs, slot),
      release: () => {
        tables.release();
        pool.release(findings.buffer);
      },
    };
  }

  destroy(): void {
    this.#slab.destroy();
    this.#gpu.pool.release(this.#settings);
  }

  get #share(): number {
    return Math.fround(1 / this.#options.microBatches);
  }

  #squares(access: TensorAccess, workgroupSize: number): Promise<Kernel> {
    return this.#gpu.kernels.get({
      label: "optim/gradients squares",
      parts: squaresParts(access),
      bindings: [{ 1: "readWrite", 2: "read" }, ["readWrite", "read"]],
      constants: {
        WORKGROUP_SIZE: workgroupSize,
        GRID_WIDTH: this.#gpu.limits.maxComputeWorkgroupsPerDimension,
        ...halfConstants(access.dtype),
      },
    });
  }

  #verdict(): Promise<Kernel> {
    return this.#gpu.kernels.get({
      label: "optim/gradients verdict",
      parts: verdictParts,
      bindings: [["read", "readWrite", "readWrite", "uniform"]],
    });
  }
}

function tileAt(runs: readonly Run[], slot: number): { name: string; first: number } | undefined {
  for (const { tiles } of runs) {
    const tile = tiles.find((each) => each.slot === slot);
    if (tile) return { name: tile.placement.name, first: tile.first };
  }
  return undefined;
}
