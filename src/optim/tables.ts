import { type Gpu, layoutSlab, Slab, type Slice } from "../gpu/index.ts";
import { type Placement, planRuns, type Run, type TileSizes, tileFields, tileTable } from "./tiles.ts";

/** A dispatch's part of the tensors, and where its table of tiles is. */
export type BoundRun = Run & { readonly table: Slice };

/** Tensors that are cut into tiles, and the memory of the tables. */
export interface Tables {
  readonly runs: readonly BoundRun[];
  /** Writes the tables: says which row of scalars each tensor has, by name; one that has none is left alone. */
  assign(rowOf: ReadonlyMap<string, number>): void;
  release(): void;
}

/** Cuts tensors into tiles of these sizes and makes room for their tables. */
export function makeTables(
  { pool, limits, stream }: Gpu,
  placements: readonly Placement[],
  sizes: TileSizes,
  label: string,
): Tables {
  const cut = planRuns(placements, sizes);
  const tables = cut.map(({ tiles }, i) => ({ name: `tiles ${i}`, elements: tiles.length * tileFields }));
  const slab = new Slab(pool, layoutSlab(tables, limits.maxBufferSize), label);
  const runs = cut.map((run, i) => ({ ...run, table: slab.slice(`tiles ${i}`) }));
  return {
    runs,
    assign: (rowOf) => {
      for (const { table, ...run } of runs) stream.write(table, tileTable(run, rowOf));
    },
    release: () => slab.destroy(),
  };
}
