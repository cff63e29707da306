/** The rate at which an adapter multiplies and adds: on registers, and in the library's products of matrices. */
import { type Gpu, layoutSlab, Slab } from "../../src/gpu/index.ts";
import { dispatchWork, type Work } from "../contenders.ts";
import { prepareProduct } from "../matmul.ts";
import code from "./fma.wgsl?raw";

const sizes = { software: { rounds: 64, lanes: 2 ** 12 }, hardware: { rounds: 256, lanes: 2 ** 20 } };

/** A form of the probe: with fma() or without, so many chains, workgroups of so many lanes. */
export interface FmaForm {
  readonly isFused: boolean;
  readonly chains: number;
  readonly workgroupSize: number;
}

/** The fastest of them is the limit. */
export const fmaForms: readonly FmaForm[] = [true, false].flatMap((isFused) =>
  [4, 8].flatMap((chains) => [64, 256].map((workgroupSize) => ({ isFused, chains, workgroupSize }))),
);

export async function fmaWork(gpu: Gpu, { isFused, chains, workgroupSize }: FmaForm): Promise<Work> {
  const { rounds, lanes } = sizes[gpu.adapter.isSoftware ? "software" : "hardware"];
  const entries = { factors: 8, sums: lanes * 4 };
  const [factors, sums] = Object.entries(entries).map(([name, elements]) => {
    return new Slab(gpu.pool, layoutSlab([{ name, elements }], gpu.limits.maxBufferSize), `bench fma ${name}`);
  }) as [Slab, Slab];
  gpu.stream.write(factors.slice("factors"), new Float32Array([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]));
  const kernel = await gpu.kernels.get({
    label: "bench/fma",
    parts: [{ file: "bench/limits/fma.wgsl", code }],
    bindings: [["read", "readWrite"]],
    constants: {
      WORKGROUP_SIZE: workgroupSize,
      ROUNDS: rounds,
      IS_FUSED: Number(isFused),
      HAS_EIGHT: Number(chains === 8),
    },
  });
  const dispatch = kernel.prepare([[factors.slice("factors"), sums.slice("sums")]], lanes / workgroupSize);
  // Four times unrolled, of a vec4 each, a multiplication and an addition.
  const flops = lanes * rounds * 4 * chains * 4 * 2;
  const name = `${isFused ? "fma()" : "x * a + b"}, ${chains} chains, workgroups of ${workgroupSize}`;
  const destroy = (): void => {
    for (const each of [factors, sums]) each.destroy();
  };
  return dispatchWork(gpu, name, [dispatch], { flops, destroy });
}

/** The library's product of two square matrices, by the kernel that it chooses for them. */
export async function matmulWork(gpu: Gpu, side: number): Promise<Work> {
  const shape = { batch: 1, rows: side, columns: side, inner: side };
  const { dispatches, destroy } = await prepareProduct(gpu, shape, "forward");
  return dispatchWork(gpu, "matmul", dispatches, { flops: 2 * side ** 3, destroy });
}
