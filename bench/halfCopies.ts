/** A float32 model under an optimizer whose parameters and gradients are in half precision. */
import halfFormatCode from "../shaders/optim/parts/halfFormat.wgsl?raw";
import halvesCode from "../shaders/optim/parts/halves.wgsl?raw";
import narrowFloatCode from "../shaders/optim/parts/narrowFloat.wgsl?raw";
import type { ParameterSlices } from "../src/engine/index.ts";
import { type Dispatch, type Gpu, layoutSlab, Slab, type Slice, scaledLayout } from "../src/gpu/index.ts";
import type { Dtype, OptimizerTensor } from "../src/optim/index.ts";
import convertCode from "./convert.wgsl?raw";

export interface HalfCopies {
  /** For the optimizer. */
  readonly tensors: readonly OptimizerTensor[];
  /** Of the gradients, before an update; of the parameters, after it. */
  readonly before: readonly Dispatch[];
  readonly after: readonly Dispatch[];
  destroy(): void;
}

const codes = Object.entries({ narrowFloatCode, halvesCode, halfFormatCode, convertCode });

/** Half-precision copies of a model's parameters, to which these are rounded at once, and of their gradients. */
export async function halfCopies(gpu: Gpu, model: readonly ParameterSlices[], dtype: Dtype): Promise<HalfCopies> {
  const kernel = (toHalf: boolean) =>
    gpu.kernels.get({
      label: "bench/convert",
      parts: codes.map(([file, code]) => ({ file, code })),
      bindings: [["readWrite", "readWrite"]],
      constants: { TO_HALF: Number(toHalf), IS_FLOAT16: Number(dtype === "float16") },
    });
  const [narrow, widen] = await Promise.all([kernel(true), kernel(false)]);
  const elementsOf = ({ shape }: ParameterSlices): number => shape.reduce((product, side) => product * side, 1);
  const entries = model.map((tensor) => ({ name: tensor.name, elements: elementsOf(tensor) }));
  const layout = scaledLayout(layoutSlab(entries, gpu.limits.maxBufferSize, 128), 2);
  const [params, grads] = [new Slab(gpu.pool, layout, "bench param"), new Slab(gpu.pool, layout, "bench grad")];
  const convert = (toHalf: boolean, wide: Slice, half: Slice): Dispatch =>
    (toHalf ? narrow : widen).prepare([[wide, half]], Math.ceil(wide.size / 16 / 64));
  const rounded = model.flatMap(({ name, param }) =>
    [true, false].map((toHalf) => convert(toHalf, param, params.slice(name))),
  );
  gpu.stream.dispatch(...rounded);
  gpu.stream.submit();
  return {
    tensors: model.map(({ name, shape, role }) => {
      return { name, shape, role, dtype, param: params.slice(name), grad: grads.slice(name) };
    }),
    before: model.map(({ name, grad }) => convert(true, grad, grads.slice(name))),
    after: model.map(({ name, param }) => convert(false, param, params.slice(name))),
    destroy: () => {
      params.destroy();
      grads.destroy();
    },
  };
}
