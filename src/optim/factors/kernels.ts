import ruleCode from "../../../shaders/optim/adafactor.wgsl?raw";
import axesCode from "../../../shaders/optim/factors/axes.wgsl?raw";
import blocksCode from "../../../shaders/optim/factors/blocks.wgsl?raw";
import linesCode from "../../../shaders/optim/factors/lines.wgsl?raw";
import meansCode from "../../../shaders/optim/factors/means.wgsl?raw";
import measureCode from "../../../shaders/optim/factors/measure.wgsl?raw";
import updateCode from "../../../shaders/optim/factors/update.wgsl?raw";
import type { Access, Bindings, Kernel, ShaderPart } from "../../gpu/index.ts";
import { gradient, numerics, rowParts, rulePart } from "../parts.ts";
import { float32Each } from "../storageParts.ts";
import type { CustomPass, PassContext } from "../variant.ts";

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/factors/${name}.wgsl`, code });

const rule = rulePart("adafactor", ruleCode);

export const updateKernel = [rule, part("update", updateCode)];
export const measureKernel = [rule, part("measure", measureCode)];

const shared = [numerics, rule, part("axes", axesCode)];

/** The passes over the rows and columns, in order. */
export const factorKernels = {
  blocks: [gradient, float32Each, ...shared, part("blocks", blocksCode)],
  lines: [...shared, part("lines", linesCode)],
  means: [...shared, part("means", meansCode)],
};

type Name = keyof typeof factorKernels;

const tables: Bindings<Access> = ["read", "read", "readWrite"];
const bindings: Record<Name, readonly Bindings<Access>[]> = {
  blocks: [{ 1: "readWrite", 3: "read" }, {}, tables],
  lines: [{ 3: "read" }, ["readWrite"], tables],
  means: [{ 3: "read" }, ["readWrite"], tables],
};

/** The passes' kernels, compiled. */
export type Compiled = Readonly<Record<Name, Kernel>>;

export async function compile(
  { gpu, around, constants }: PassContext,
  kernels: CustomPass["kernels"],
): Promise<Compiled> {
  const { CLIP_VALUE = 0, ZERO_GRAD: _, SUMS_OF_TENSOR: __, ...others } = constants;
  const compileOne = async (name: Name): Promise<[Name, Kernel]> => {
    const kernel = await gpu.kernels.get({
      label: `optim/adafactor ${name}`,
      parts: [...rowParts(around, 1), ...(kernels[name] ?? [])],
      bindings: bindings[name],
      // The measure pass and the update need the gradient after these: nothing is zeroed here.
      constants: { ...others, ...(name === "blocks" && { CLIP_VALUE, ZERO_GRAD: 0 }) },
    });
    return [name, kernel];
  };
  const compiled = await Promise.all((Object.keys(bindings) as Name[]).map(compileOne));
  return Object.fromEntries(compiled) as Record<Name, Kernel>;
}
