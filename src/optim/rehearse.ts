import {
  type Bindings,
  CommandStream,
  type Dispatch,
  type Gpu,
  type Kernel,
  refusal,
  type Slice,
} from "../gpu/index.ts";
import type { Placement } from "./tiles.ts";

/**
 * Makes dispatches and runs them over tables that still hold zeros: a tile of zeros has no lane at work, so nothing is
 * touched. WebGPU tells of a buffer that is another device's, or was destroyed, only through its error scopes, and drops
 * the work in silence.
 */
export async function rehearse(gpu: Gpu, make: () => Dispatch[]): Promise<[Dispatch[], GPUError | null]> {
  const { device } = gpu;
  let dispatches: Dispatch[] = [];
  let refused: Promise<GPUError | null>;
  device.pushErrorScope("validation");
  try {
    dispatches = make();
    const rehearsal = new CommandStream(device, () => gpu.check());
    rehearsal.dispatch(...dispatches.map((dispatch) => ({ ...dispatch, x: 1, y: 1 })));
    rehearsal.submit();
  } finally {
    refused = device.popErrorScope();
  }
  return [dispatches, await gpu.settle(refused)];
}

/**
 * The tensor that a rehearsal was refused for, and why, found by rehearsing the first word of one buffer at a time.
 * `kernel` works on whole elements, `bind` gives its bindings over tables that hold zeros.
 */
export async function findCulprit(
  gpu: Gpu,
  placements: readonly Placement[],
  kernel: Kernel,
  bind: (param: Slice, grad: Slice) => readonly Bindings<Slice>[],
): Promise<Error | undefined> {
  const buffer = gpu.pool.acquire(4, GPUBufferUsage.STORAGE, "optim/rehearsal");
  const other: Slice = { buffer, offset: 0, size: 4 };
  const first = (slice: Slice): Slice => ({ ...slice, size: 4 });
  try {
    for (const { name, param, grad } of placements) {
      for (const [role, slice] of Object.entries({ param, grad })) {
        const [itsParam, itsGrad] = role === "param" ? [first(slice), other] : [other, first(slice)];
        const [, error] = await rehearse(gpu, () => [kernel.prepare(bind(itsParam, itsGrad), 1)]);
        if (error) return refusal(`tensor "${name}": the buffer of its ${role}`, error);
      }
    }
  } finally {
    gpu.pool.release(buffer);
  }
  return undefined;
}
