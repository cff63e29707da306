import { type MatmulTable, probeMatmul } from "../engine/index.ts";
import type { Gpu } from "../gpu/index.ts";
import type { Learned } from "./learned.ts";

/**
 * Which kernels multiply matrices on a GPU: from what is known of it or by a short probe, of which `onLearned` is told, so
 * that the next run takes the same. Software adapters have one table.
 */
export async function productsFor(
  gpu: Gpu,
  known: Learned,
  onLearned: (learned: Learned) => void,
): Promise<MatmulTable | undefined> {
  if (gpu.adapter.isSoftware) return undefined;
  const memory = {
    getItem: (name: string) => known[name] ?? null,
    setItem: (name: string, text: string) => onLearned({ [name]: text }),
  };
  return probeMatmul(gpu, { memory });
}
