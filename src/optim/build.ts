import { type Dispatch, type Gpu, type Kernel, layoutSlab, refusal, Slab, type Slice } from "../gpu/index.ts";
import { moduleParts } from "./parts.ts";
import { findCulprit, rehearse } from "./rehearse.ts";
import { type Placement, planRuns, tileFields, tileTable } from "./tiles.ts";
import type { UpdateRule, Variant } from "./updateRule.ts";

export interface BuiltUpdate {
  readonly dispatches: readonly Dispatch[];
  /** Where the step's scalars go. */
  readonly scalars: Slice;
  /** Says which row of scalars each tensor has, by name; one that has none is left alone. */
  readonly assign: (rowOf: ReadonlyMap<string, number>) => void;
  /** Gives back what was made. */
  readonly release: () => void;
}

/**
 * Makes all that the updates need: kernels, tables of tiles, bind groups. After it a step creates nothing.
 * @throws WrongDeviceError, DisposedError or ValidationError, by rejection, naming the tensor whose buffer cannot be used.
 */
export async function buildDispatches(
  gpu: Gpu,
  rule: UpdateRule,
  variant: Variant,
  { placements, scalarCount }: { readonly placements: readonly Placement[]; readonly scalarCount: number },
): Promise<BuiltUpdate> {
  const { limits, pool, stream } = gpu;
  const workgroupSize = Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const runs = planRuns(placements, { ...limits, workgroupSize });
  const label = `optim/${rule.name}`;
  const kernelFor = (lanes: 4 | 1) =>
    gpu.kernels.get({
      label,
      parts: moduleParts(variant.parts, lanes),
      bindings: [
        ["readWrite", "readWrite", "read", "read"],
        ...(variant.state.length ? [variant.state.map(() => "readWrite" as const)] : []),
      ],
      constants: {
        WORKGROUP_SIZE: workgroupSize,
        GRID_WIDTH: limits.maxComputeWorkgroupsPerDimension,
        TORCH: rule.profile === "torch" ? 1 : 0,
      },
    });
  const kernels = await Promise.all(runs.map(({ lanes }) => kernelFor(lanes)));

  const tables = [
    ...runs.map(({ tiles }, i) => ({ name: `tiles ${i}`, elements: tiles.length * tileFields })),
    { name: "scalars", elements: scalarCount },
  ];
  const slab = new Slab(pool, layoutSlab(tables, limits.maxBufferSize), `${label} tables`);
  const scalars = slab.slice("scalars");
  try {
    const [dispatches, refused] = await rehearse(gpu, () =>
      runs.map(({ param, grad, states, tiles }, i) => {
        const shared = [param, grad, slab.slice(`tiles ${i}`), scalars];
        return (kernels[i] as Kernel).prepare(states.length ? [shared, states] : [shared], tiles.length);
      }),
    );
    if (refused) {
      const culprit = await findCulprit(gpu, placements, await kernelFor(1), scalars);
      throw culprit ?? refusal("optimizer: a buffer of its tensors", refused);
    }
    const assign = (rowOf: ReadonlyMap<string, number>): void => {
      for (const [i, run] of runs.entries()) stream.write(slab.slice(`tiles ${i}`), tileTable(run, rowOf));
    };
    return { dispatches, scalars, assign, release: () => slab.destroy() };
  } catch (error) {
    slab.destroy();
    throw error;
  }
}
