import type { Access, Dispatch, Gpu, ShaderPart, Slice } from "../gpu/index.ts";
import type { DType } from "../graph/index.ts";

/** Numbers that a plan keeps on the GPU, dense and row-major. Where they lie is for the plan to decide. */
export interface Value {
  readonly label: string;
  readonly elements: number;
  readonly dtype: DType;
}

/** A value as an operand sees it: element [i, j, …] of `shape` is at `offset + i·strides[0] + j·strides[1] + …`. */
export interface View {
  readonly value: Value;
  readonly shape: readonly number[];
  /** Elements, not bytes; 0 along an axis that is broadcast. */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A launch of a kernel over values, before they have a place. */
export interface Launch {
  /** `engine/matmul` and so on. */
  readonly label: string;
  /** What is in it twice is taken once. */
  readonly parts: readonly ShaderPart[];
  /** Values of the module's overrides: sizes and strides, which are known once and for all. */
  readonly constants?: Readonly<Record<string, number>>;
  /** What the bindings 0, 1, … of bind group 0 are. No value may be both read and written, nor written twice. */
  readonly bindings: readonly { readonly value: Value; readonly access: Exclude<Access, "uniform"> }[];
  readonly workgroups: number;
}

/** Compiles a launch and binds it to the places of its values. Kernels may have the override GRID_WIDTH: see `foldGrid`. */
export async function prepareLaunch(gpu: Gpu, launch: Launch, place: (value: Value) => Slice): Promise<Dispatch> {
  const { label, bindings, workgroups } = launch;
  const parts = launch.parts.filter(({ code }, i, all) => all.findIndex((part) => part.code === code) === i);
  const hasGrid = parts.some(({ code }) => /^override GRID_WIDTH\b/m.test(code));
  const grid = hasGrid ? { GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension } : {};
  const kernel = await gpu.kernels.get({
    label,
    parts,
    bindings: [bindings.map(({ access }) => access)],
    constants: { ...launch.constants, ...grid },
  });
  return kernel.prepare([bindings.map(({ value }) => place(value))], workgroups);
}
