import {
  CommandStream,
  type Dispatch,
  DisposedError,
  type Gpu,
  type Kernel,
  layoutSlab,
  Slab,
  type Slice,
  ValidationError,
  WrongDeviceError,
} from "../gpu/index.ts";
import { moduleParts } from "./parts.ts";
import { type Placement, planRuns } from "./tiles.ts";
import type { UpdateRule, Variant } from "./updateRule.ts";

export interface BuiltUpdate {
  readonly dispatches: readonly Dispatch[];
  /** Where the step's scalars go. */
  readonly scalars: Slice;
  /** Gives back what was made. */
  readonly release: () => void;
}

/**
 * Makes all that the updates need: kernels, tables of tiles, bind groups. After it a step creates nothing.
 * @throws WrongDeviceError or DisposedError, by rejection, where a tensor's buffer cannot be used on this device.
 */
export async function buildDispatches(
  gpu: Gpu,
  rule: UpdateRule,
  variant: Variant,
  placements: readonly Placement[],
  scalarCount: number,
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
    ...runs.map(({ tiles }, i) => ({ name: `tiles ${i}`, elements: tiles.length })),
    { name: "scalars", elements: scalarCount },
  ];
  const slab = new Slab(pool, layoutSlab(tables, limits.maxBufferSize), `${label} tables`);
  const scalars = slab.slice("scalars");
  try {
    const dispatches = await validated(gpu, () =>
      runs.map(({ param, grad, states, tileCount }, i) => {
        const shared = [param, grad, slab.slice(`tiles ${i}`), scalars];
        return (kernels[i] as Kernel).prepare(states.length ? [shared, states] : [shared], tileCount);
      }),
    );
    for (const [i, { tiles }] of runs.entries()) stream.write(slab.slice(`tiles ${i}`), tiles);
    return { dispatches, scalars, release: () => slab.destroy() };
  } catch (error) {
    slab.destroy();
    throw error;
  }
}

/**
 * Makes dispatches and rehearses them, before their tables are written: a tile of zeros has no lane at work, so nothing
 * is touched. WebGPU tells of a buffer that is another device's, or was destroyed, only through its error scopes, and
 * drops the work in silence.
 */
async function validated(gpu: Gpu, make: () => Dispatch[]): Promise<Dispatch[]> {
  const { device } = gpu;
  device.pushErrorScope("validation");
  try {
    const dispatches = make();
    const rehearsal = new CommandStream(device, () => gpu.check());
    rehearsal.dispatch(...dispatches.map((dispatch) => ({ ...dispatch, x: 1, y: 1 })));
    rehearsal.submit();
    return dispatches;
  } finally {
    await gpu.settle(device.popErrorScope()).then(refuse);
  }
}

function refuse(error: GPUError | null): void {
  if (!error) return;
  const { message } = error;
  if (/destroyed/i.test(message)) {
    throw new DisposedError(`tensor: one of the buffers was destroyed. Give buffers that live. (${message})`);
  }
  if (/device/i.test(message)) {
    throw new WrongDeviceError(
      `tensor: one of the buffers belongs to another device. Open the GPU over it: openGpu({ device }). (${message})`,
    );
  }
  throw new ValidationError(`optimizer: WebGPU refused the tensors' buffers. (${message})`);
}
