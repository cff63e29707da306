import { type Gpu, layoutSlab, readFloats, Slab } from "../../src/gpu/index.ts";
import { createOptimizer, type HyperInput, type UpdateRule } from "../../src/optim/index.ts";

export interface GpuRun {
  /** One update from these gradients, which all tensors share. */
  step(grad: Float32Array<ArrayBuffer>): void;
  /** Each tensor's parameter now. */
  read(): Promise<Float32Array[]>;
  destroy(): void;
}

/** An optimizer on the GPU over tensors of one length that share their gradients, each a param group of its own. */
export async function openRun(
  gpu: Gpu,
  rule: UpdateRule,
  start: Float32Array<ArrayBuffer>,
  hypers: readonly HyperInput[],
): Promise<GpuRun> {
  const count = start.length;
  const layoutOf = (names: string[]) =>
    layoutSlab(
      names.map((name) => ({ name, elements: count })),
      gpu.limits.maxBufferSize,
    );
  const names = hypers.map((_, i) => `w${i}`);
  const params = new Slab(gpu.pool, layoutOf(names), "test param");
  const grads = new Slab(gpu.pool, layoutOf(["grad"]), "test grad");
  const grad = grads.slice("grad");
  for (const name of names) gpu.stream.write(params.slice(name), start);
  const paramGroups = hypers.map((hyper, i) => ({
    tensors: [{ name: `w${i}`, shape: [count], param: params.slice(`w${i}`), grad }],
    hyper,
    exempt: () => false,
  }));
  const optimizer = await createOptimizer(gpu, rule, paramGroups);
  return {
    step: (values) => {
      gpu.stream.write(grad, values);
      optimizer.step();
    },
    read: async () => {
      const found: Float32Array[] = [];
      for (const name of names) found.push((await readFloats(gpu, params.slice(name))).subarray(0, count));
      return found;
    },
    destroy: () => {
      optimizer.destroy();
      params.destroy();
      grads.destroy();
    },
  };
}
