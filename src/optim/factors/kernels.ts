import axesCode from "../../../shaders/optim/factors/axes.wgsl?raw";
import blocksCode from "../../../shaders/optim/factors/blocks.wgsl?raw";
import estimateCode from "../../../shaders/optim/factors/estimate.wgsl?raw";
import linesCode from "../../../shaders/optim/factors/lines.wgsl?raw";
import meansCode from "../../../shaders/optim/factors/means.wgsl?raw";
import measureCode from "../../../shaders/optim/factors/measure.wgsl?raw";
import type { Access, Bindings, Kernel, ShaderPart } from "../../gpu/index.ts";
import { passParts } from "../parts.ts";
import type { Around, PassContext } from "../variant.ts";

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/factors/${name}.wgsl`, code });

/** V and U, which the update and the measure pass share. */
export const estimate = part("estimate", estimateCode);
export const measure = part("measure", measureCode);

const axes = part("axes", axesCode);
const bodies = {
  blocks: part("blocks", blocksCode),
  lines: part("lines", linesCode),
  means: part("means", meansCode),
};

/** The passes over the rows and columns, in order. */
export type FactorKernel = keyof typeof bodies;

export const factorKernels = Object.keys(bodies) as FactorKernel[];

/** The whole module of one of them. */
export function factorParts(kernel: FactorKernel, around: Around): ShaderPart[] {
  return [...passParts(around), estimate, axes, bodies[kernel]];
}

const tables: Bindings<Access> = ["read", "read", "readWrite"];
const bindings: Record<FactorKernel, readonly Bindings<Access>[]> = {
  blocks: [{ 1: "readWrite", 3: "read" }, {}, tables],
  lines: [{ 3: "read" }, ["readWrite"], tables],
  means: [{ 3: "read" }, ["readWrite"], tables],
};

export function compile({ gpu, around, constants }: PassContext, kernel: FactorKernel): Promise<Kernel> {
  const { SUMS_OF_TENSOR: _, ...others } = constants;
  return gpu.kernels.get({
    label: `optim/adafactor ${kernel}`,
    parts: factorParts(kernel, around),
    bindings: bindings[kernel],
    // The measure pass and the update need the gradient after these.
    constants: { ...others, ZERO_GRAD: 0 },
  });
}
