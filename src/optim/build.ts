import {
  type Dispatch,
  DisposedError,
  type Gpu,
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
      runs.map((run, i) => {
        const tiles = slab.slice(`tiles ${i}`);
        stream.write(tiles, run.tiles);
        const bindings = [[run.param, run.grad, tiles, scalars], ...(run.states.length ? [run.states] : [])];
        return (kernels[i] as NonNullable<(typeof kernels)[number]>).prepare(bindings, run.tileCount);
      }),
    );
    return { dispatches, scalars, release: () => slab.destroy() };
  } catch (error) {
    slab.destroy();
    throw error;
  }
}

/**
 * Makes dispatches and rehearses them with no workgroups. WebGPU tells of a buffer that is another device's, or was
 * destroyed, only through its error scopes, and then drops the work in silence.
 */
async function validated(gpu: Gpu, make: () => Dispatch[]): Promise<Dispatch[]> {
  const { device } = gpu;
  device.pushErrorScope("validation");
  try {
    const dispatches = make();
    rehearse(device, dispatches);
    return dispatches;
  } finally {
    await gpu.settle(device.popErrorScope()).then(refuse);
  }
}

function rehearse(device: GPUDevice, dispatches: readonly Dispatch[]): void {
  const encoder = device.createCommandEncoder({ label: "optim/rehearsal" });
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroups } of dispatches) {
    pass.setPipeline(pipeline);
    for (let i = 0; i < bindGroups.length; i++) pass.setBindGroup(i, bindGroups[i]);
    pass.dispatchWorkgroups(0);
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
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
