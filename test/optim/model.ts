import { type Gpu, layoutSlab, Slab } from "../../src/gpu/index.ts";
import type { OptimizerTensor, ParamGroupInput, UpdateRule } from "../../src/optim/index.ts";
import { shapeFor } from "../parity/shapes.ts";

/** Tensors in two slabs, of all sizes, weights and biases by turns, as `groups` paramGroups that the rule takes. */
export function model(
  gpu: Gpu,
  count: number,
  groups: number,
  rule: UpdateRule,
): { paramGroups: ParamGroupInput[]; destroy: () => void } {
  const shapes = Array.from({ length: count }, (_, i) =>
    i % 2 ? shapeFor(rule.name, 1 + ((i * 7) % 90)) : [1 + (i % 13), 3 + (i % 29)],
  );
  const names = shapes.map((_, i) => `layers.${i >> 1}.${i % 2 ? "bias" : "weight"}`);
  const elements = shapes.map((shape) => shape.reduce((product, side) => product * side, 1));
  const layout = layoutSlab(
    names.map((name, i) => ({ name, elements: elements[i]! })),
    gpu.limits.maxBufferSize,
  );
  const [params, grads] = [new Slab(gpu.pool, layout, "param"), new Slab(gpu.pool, layout, "grad")];
  const tensors = names.map((name, i): OptimizerTensor => {
    return { name, shape: shapes[i]!, param: params.slice(name), grad: grads.slice(name) };
  });
  const size = Math.ceil(count / groups / 2) * 2;
  const paramGroups = Array.from({ length: groups }, (_, i) => ({ tensors: tensors.slice(i * size, (i + 1) * size) }));
  return { paramGroups, destroy: () => [params, grads].map((slab) => slab.destroy()) };
}
