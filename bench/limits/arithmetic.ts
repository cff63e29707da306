/** The rate at which an adapter multiplies and adds: on registers, and in the library's products of matrices. */
import { type Gpu, layoutSlab, Slab } from "../../src/gpu/index.ts";
import { dispatchWork, type Work } from "../contenders.ts";
import { prepareProduct } from "../matmul.ts";
import code from "./fma.wgsl?raw";

const sizes = { software: { rounds: 64, lanes: 2 ** 12 }, hardware: { rounds: 256, lanes: 2 ** 20 } };

/** Every form of the probe: with fma() and without, by chains and workgroups. The fastest is the limit. */
export async function fmaWorks(gpu: Gpu): Promise<Work[]> {
  const { rounds, lanes } = sizes[gpu.adapter.isSoftware ? "software" : "hardware"];
  const slab = (label: string, elements: number): Slab =>
    new Slab(gpu.pool, layoutSlab([{ name: "x", elements }], gpu.limits.maxBufferSize), `bench fma ${label}`);
  const [factors, sums] = [slab("factors", 8), slab("sums", lanes * 4)];
  gpu.stream.write(factors.slice("x"), new Float32Array([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]));
  const forms = [true, false].flatMap((isFused) =>
    [4, 8].flatMap((chains) => [64, 256].map((workgroupSize) => ({ isFused, chains, workgroupSize }))),
  );
  const works = [];
  for (const { isFused, chains, workgroupSize } of forms) {
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
    const dispatch = kernel.prepare([[factors.slice("x"), sums.slice("x")]], lanes / workgroupSize);
    // Four times unrolled, of a vec4 each, a multiplication and an addition.
    const flops = lanes * rounds * 4 * chains * 4 * 2;
    const name = `${isFused ? "fma()" : "x * a + b"}, ${chains} chains, workgroups of ${workgroupSize}`;
    works.push(dispatchWork(gpu, name, [dispatch], { flops, destroy: () => {} }));
  }
  const [first, ...others] = works as [Work, ...Work[]];
  const destroy = (): void => {
    for (const each of [factors, sums]) each.destroy();
  };
  return [{ ...first, destroy }, ...others];
}

/** The library's product of two square matrices, by the kernel that it chooses for them. */
export async function matmulWork(gpu: Gpu, side: number): Promise<Work> {
  const shape = { batch: 1, rows: side, columns: side, inner: side };
  const { dispatches, destroy } = await prepareProduct(gpu, shape, "forward");
  return dispatchWork(gpu, "matmul", dispatches, { flops: 2 * side ** 3, destroy });
}
