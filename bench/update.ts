/** An optimizer's update as something to be timed. */
import { type Gpu, layoutSlab, Slab, scaledLayout } from "../src/gpu/index.ts";
import { adamw, createOptimizer, type OptimizerTensor, splitForMuon } from "../src/optim/index.ts";
import { dtypeBytes } from "../src/optim/storage.ts";
import type { Work } from "./contenders.ts";
import { type Mix, mixOfUpdate } from "./limits/mix.ts";
import type { BenchRule } from "./rules.ts";
import type { NamedShape } from "./shapes.ts";

export interface UpdateWork extends Work {
  readonly bytesMoved: number;
  readonly parameters: number;
  readonly tensors: number;
  readonly paramGroups: number;
  /** Parameters, gradients and states. */
  readonly bytesAlive: number;
  /** Of the stream that has its traffic. */
  readonly mix: Mix;
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/**
 * Updates of tensors in slabs, in so many groups of hyperparameters of their own. Muon's vectors go to AdamW.
 * @throws LimitError or OutOfMemoryError where the device cannot hold them.
 */
export async function updateWork(
  gpu: Gpu,
  { name, rule, dtype }: BenchRule,
  shapes: readonly NamedShape[],
  paramGroups = 1,
): Promise<UpdateWork> {
  const before = gpu.pool.stats.liveBytes;
  const entries = shapes.map(({ name, shape }) => ({ name, elements: elementsOf(shape) }));
  const words = layoutSlab(entries, gpu.limits.maxBufferSize, dtype === "float32" ? 64 : 256);
  const layout = dtype === "float32" ? words : scaledLayout(words, dtypeBytes(dtype));
  const slabs: Slab[] = [];
  const release = (): void => {
    for (const slab of slabs) slab.destroy();
  };
  try {
    const [params, grads] = ["bench param", "bench grad"].map((label) => {
      const slab = new Slab(gpu.pool, layout, label);
      slabs.push(slab);
      return slab;
    }) as [Slab, Slab];
    for (const slice of grads.whole) gpu.stream.write(slice, gradients(slice.size, dtype));
    const tensors = shapes.map(({ name, shape }): OptimizerTensor => {
      return { name, shape, dtype, param: params.slice(name), grad: grads.slice(name) };
    });
    const optimizer = await createOptimizer(gpu, rule, groupsOf(rule.name, tensors, paramGroups));
    await gpu.idle();
    const parameters = entries.reduce((sum, { elements }) => sum + elements, 0);
    const written = dtypeBytes(dtype) + optimizer.stateBytes / parameters;
    return {
      name,
      bytesMoved: optimizer.bytesPerParameter * parameters,
      parameters,
      tensors: tensors.length,
      paramGroups: optimizer.paramGroups.length,
      bytesAlive: gpu.pool.stats.liveBytes - before,
      mix: mixOfUpdate(optimizer.bytesPerParameter, written),
      step: () => optimizer.step(),
      settle: () => gpu.settle(gpu.device.queue.onSubmittedWorkDone()),
      destroy: () => {
        optimizer.destroy();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** 0.01 everywhere. */
function gradients(bytes: number, dtype: BenchRule["dtype"]): ArrayBufferView<ArrayBuffer> {
  const bfloat16 = 0x3c24;
  return dtype === "float32" ? new Float32Array(bytes / 4).fill(0.01) : new Uint16Array(bytes / 2).fill(bfloat16);
}

/** Groups of neighbours, each with a learning rate of its own. */
function groupsOf(rule: string, tensors: readonly OptimizerTensor[], count: number) {
  if (rule === "muon") {
    const { hidden, rest } = splitForMuon(tensors);
    return [{ tensors: hidden }, ...(rest.length > 0 ? [{ tensors: rest, rule: adamw() }] : [])];
  }
  return Array.from({ length: count }, (_, i) => ({
    tensors: tensors.filter((_, at) => Math.floor((at * count) / tensors.length) === i),
    ...(count > 1 && { lr: 1e-3 / (i + 1) }),
  }));
}
