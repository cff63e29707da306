import type { Launch, Value } from "../../src/engine/launch.ts";
import { lower } from "../../src/engine/lower/lower.ts";
import { deviceOf } from "../../src/engine/lower/program.ts";
import { buildPlan } from "../../src/engine/plan/plan.ts";
import { Workspace } from "../../src/engine/workspace.ts";
import { type Gpu, read, type Slice } from "../../src/gpu/index.ts";
import { elementsOf, type Tensor } from "../../src/graph/index.ts";
import { packed } from "../support/halves.ts";

export type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What tensors are on the GPU, and the launches that it took; by the kernels for another device where one is given. */
export async function runGraph(
  gpu: Gpu,
  tensors: readonly Tensor[],
  leaf: (leaf: Tensor) => Numbers,
  device = deviceOf(gpu),
): Promise<{ readonly results: readonly Numbers[]; readonly launches: readonly Launch[] }> {
  const program = lower(
    tensors.map((tensor) => ({ tensor })),
    device,
  );
  const workspace = new Workspace(gpu);
  const outside = new Map<Value, Slice>();
  for (const [tensor, value] of program.leaves) {
    const numbers = leaf(tensor);
    const { dtype } = tensor;
    const data = dtype === "float16" || dtype === "bfloat16" ? packed(numbers, dtype) : numbers;
    const slice = workspace.storage(Math.max(data.byteLength, 4), value.label);
    gpu.stream.write(slice, data);
    outside.set(value, slice);
  }
  const plan = await buildPlan(gpu, program, outside);
  try {
    gpu.stream.dispatch(...plan.dispatches);
    gpu.stream.submit();
    const results: Numbers[] = [];
    for (const tensor of tensors) {
      const slice = plan.slice(program.results.get(tensor) as Value);
      const elements = elementsOf(tensor.shape);
      const bytes = (await read(gpu, slice)).slice(0, elements * 4);
      results.push(tensor.dtype === "uint32" ? new Uint32Array(bytes) : new Float32Array(bytes));
    }
    await gpu.idle();
    gpu.check();
    return { results, launches: program.launches };
  } finally {
    plan.destroy();
    workspace.destroy();
  }
}
