import combineCode from "../../shaders/optim/kernels/combine.wgsl?raw";
import { type Dispatch, type Gpu, type Kernel, layoutSlab, type ShaderPart, Slab, type Slice } from "../gpu/index.ts";
import type { Placement } from "./tiles.ts";

/** Where a measure pass leaves its sums. */
export interface Totals {
  /** A tile's, by its slot. */
  readonly sums: Slice;
  /** A tensor's, by its number. */
  readonly totals: Slice;
  readonly combine: Dispatch;
  release(): void;
}

/** Makes room for `sums` sums a tile and a tensor, and what adds up the tiles. */
export async function makeTotals(gpu: Gpu, placements: readonly TiledPlacement[], sums: number): Promise<Totals> {
  const { pool, limits } = gpu;
  const kernel = await combineKernel(gpu, sums);
  const slots = Math.max(...placements.map(({ firstSlot, tileCount }) => firstSlot + tileCount));
  const tensors = Math.max(...placements.map(({ tensor }) => tensor)) + 1;
  const spans = new Uint32Array(
    placements.flatMap(({ firstSlot, tileCount, tensor }) => [firstSlot, tileCount, tensor]),
  );
  const slabs: Slab[] = [];
  // A buffer each: WebGPU lets no dispatch write a buffer that it also reads.
  const allocate = (name: string, elements: number): Slice => {
    const slab = new Slab(pool, layoutSlab([{ name, elements }], limits.maxBufferSize), `optim/totals ${name}`);
    slabs.push(slab);
    return { ...slab.slice(name), size: elements * 4 };
  };
  const table = allocate("spans", spans.length);
  const [tileSums, totals] = [allocate("sums", slots * sums), allocate("totals", tensors * sums)];
  gpu.stream.write(table, spans);
  const combine = kernel.prepare([[table, tileSums, totals]], placements.length);
  const release = (): void => {
    for (const slab of slabs) slab.destroy();
  };
  return { sums: tileSums, totals, combine, release };
}

export type TiledPlacement = Placement & { readonly tileCount: number };

const combinePart: ShaderPart = { file: "shaders/optim/kernels/combine.wgsl", code: combineCode };

function combineKernel(gpu: Gpu, sums: number): Promise<Kernel> {
  return gpu.kernels.get({
    label: "optim/combine",
    parts: [combinePart],
    bindings: [["readWrite", "readWrite", "readWrite"]],
    constants: { SUMS: sums, GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
  });
}
