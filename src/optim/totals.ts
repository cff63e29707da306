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
  const tables = { spans: spans.length, sums: slots * sums, totals: tensors * sums };
  const entries = Object.entries(tables).map(([name, elements]) => ({ name, elements }));
  const slab = new Slab(pool, layoutSlab(entries, limits.maxBufferSize), "optim/totals");
  const slice = (name: keyof typeof tables): Slice => ({ ...slab.slice(name), size: tables[name] * 4 });
  gpu.stream.write(slice("spans"), spans);
  const combine = kernel.prepare([[slice("spans"), slice("sums"), slice("totals")]], placements.length);
  return { sums: slice("sums"), totals: slice("totals"), combine, release: () => slab.destroy() };
}

export type TiledPlacement = Placement & { readonly tileCount: number };

const combinePart: ShaderPart = { file: "shaders/optim/kernels/combine.wgsl", code: combineCode };

function combineKernel(gpu: Gpu, sums: number): Promise<Kernel> {
  return gpu.kernels.get({
    label: "optim/combine",
    parts: [combinePart],
    bindings: [["read", "read", "readWrite"]],
    constants: { SUMS: sums, GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
  });
}
