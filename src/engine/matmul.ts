import inputGradientCode from "../../shaders/engine/inputGradient.wgsl?raw";
import linearCode from "../../shaders/engine/linear.wgsl?raw";
import matmulCode from "../../shaders/engine/parts/matmul.wgsl?raw";
import raggedCode from "../../shaders/engine/parts/ragged.wgsl?raw";
import wideCode from "../../shaders/engine/parts/wide.wgsl?raw";
import weightGradientCode from "../../shaders/engine/weightGradient.wgsl?raw";
import type { Access, Dispatch, Gpu, Slice } from "../gpu/index.ts";
import type { Workspace } from "./workspace.ts";

/** The sizes of a linear layer: x is [batch, inputs], y is [batch, outputs]. */
export interface LinearShape {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** y = x · weight + bias, and max(0, y) where `relu`. `x` [batch, inputs], `weight` [inputs, outputs], `bias` [outputs]. */
export function linear(
  gpu: Gpu,
  workspace: Workspace,
  { batch, inputs, outputs }: LinearShape,
  { x, weight, bias, y, relu }: { x: Slice; weight: Slice; bias: Slice; y: Slice; relu: boolean },
): Promise<Dispatch> {
  return matmul(gpu, workspace, {
    name: "linear",
    code: linearCode,
    constants: { RELU: Number(relu) },
    shape: { rows: batch, columns: outputs, inner: inputs },
    isWide: areFours(inputs, outputs),
    operands: [x, weight, y],
    extra: [bias, "read"],
  });
}

/** The gradients of a linear layer's weights, [inputs, outputs], and bias, [outputs], from those of its output. */
export function weightGradient(
  gpu: Gpu,
  workspace: Workspace,
  { batch, inputs, outputs }: LinearShape,
  { x, dy, dweight, dbias }: { x: Slice; dy: Slice; dweight: Slice; dbias: Slice },
): Promise<Dispatch> {
  return matmul(gpu, workspace, {
    name: "weightGradient",
    code: weightGradientCode,
    constants: {},
    shape: { rows: inputs, columns: outputs, inner: batch },
    isWide: areFours(batch, inputs, outputs),
    operands: [x, dy, dweight],
    extra: [dbias, "readWrite"],
  });
}

/** The gradient of a linear layer's input, [batch, inputs], where that input `x` came out of a ReLU. */
export function inputGradient(
  gpu: Gpu,
  workspace: Workspace,
  { batch, inputs, outputs }: LinearShape,
  { x, dy, weight, dx }: { x: Slice; dy: Slice; weight: Slice; dx: Slice },
): Promise<Dispatch> {
  return matmul(gpu, workspace, {
    name: "inputGradient",
    code: inputGradientCode,
    constants: {},
    shape: { rows: batch, columns: inputs, inner: outputs },
    isWide: areFours(inputs, outputs),
    operands: [dy, weight, dx],
    extra: [x, "read"],
  });
}

/** One of the files that shaders/engine/parts/matmul.wgsl is the body of. */
interface Matmul {
  readonly name: string;
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly shape: { readonly rows: number; readonly columns: number; readonly inner: number };
  readonly isWide: boolean;
  readonly operands: readonly [left: Slice, right: Slice, product: Slice];
  readonly extra: readonly [Slice, Access];
}

const tileSide = 8;
const lanesPerWorkgroup = 32;

const areFours = (...sizes: readonly number[]): boolean => sizes.every((size) => size % 4 === 0);

async function matmul(gpu: Gpu, workspace: Workspace, matmul: Matmul): Promise<Dispatch> {
  const { name, code, constants, shape, isWide, operands, extra } = matmul;
  const label = `engine/${name}`;
  const kernel = await gpu.kernels.get({
    label,
    parts: [
      { file: `shaders/engine/${name}.wgsl`, code },
      { file: "shaders/engine/parts/matmul.wgsl", code: matmulCode },
      isWide
        ? { file: "shaders/engine/parts/wide.wgsl", code: wideCode }
        : { file: "shaders/engine/parts/ragged.wgsl", code: raggedCode },
    ],
    bindings: [["read", "read", "readWrite", "uniform", extra[1]]],
    constants: { ...constants, GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
  });
  const sizes = workspace.uniform([shape.rows, shape.columns, shape.inner, 0], label);
  const tiles = Math.ceil(shape.rows / tileSide) * Math.ceil(shape.columns / tileSide);
  return kernel.prepare([[...operands, sizes, extra[0]]], Math.ceil(tiles / lanesPerWorkgroup));
}
