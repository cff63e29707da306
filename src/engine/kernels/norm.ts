import columnSumCode from "../../../shaders/engine/rows/columnSum.wgsl?raw";
import columnSumsCode from "../../../shaders/engine/rows/columnSums.wgsl?raw";
import layerNormCode from "../../../shaders/engine/rows/layerNorm.wgsl?raw";
import layerNormGradientCode from "../../../shaders/engine/rows/layerNormGradient.wgsl?raw";
import layerNormWeightGradientCode from "../../../shaders/engine/rows/layerNormWeightGradient.wgsl?raw";
import rmsNormCode from "../../../shaders/engine/rows/rmsNorm.wgsl?raw";
import rmsNormGradientCode from "../../../shaders/engine/rows/rmsNormGradient.wgsl?raw";
import rmsNormWeightGradientCode from "../../../shaders/engine/rows/rmsNormWeightGradient.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value } from "../launch.ts";
import { reads, writes } from "./bindings.ts";
import { blockLaunch, blocksOf, type RowsDevice, type RowsShape, rowLaunch } from "./rows.ts";

const file = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/rows/${name}.wgsl`, code });

const forward = { layer: file("layerNorm", layerNormCode), rms: file("rmsNorm", rmsNormCode) };
const backward = {
  layer: file("layerNormGradient", layerNormGradientCode),
  rms: file("rmsNormGradient", rmsNormGradientCode),
};
const weightBackward = {
  layer: file("layerNormWeightGradient", layerNormWeightGradientCode),
  rms: file("rmsNormWeightGradient", rmsNormWeightGradientCode),
};
const columnSums = { layer: file("columnSums", columnSumsCode), rms: file("columnSum", columnSumCode) };

/** The rows of a norm: where there are copies of its weight, as many rows for each, one after the other. */
export interface NormShape extends RowsShape {
  readonly copies?: number;
}

/** What is kept of the rows for the gradients, each [rows]: `mean` by a layer norm only, `rstd` 1 / √(variance + eps). */
export type RowStatistics =
  | { readonly kind: "layer"; readonly mean: Value; readonly rstd: Value }
  | { readonly kind: "rms"; readonly rstd: Value };

export type NormValues = RowStatistics & {
  /** [rows, columns] */
  readonly x: Value;
  /** [copies, columns] */
  readonly weight: Value;
  /** [rows, columns] */
  readonly y: Value;
} & ({ readonly kind: "layer" /** [copies, columns] */; readonly bias: Value } | { readonly kind: "rms" });

/** Layer norm or RMS norm of each row, as PyTorch's `layer_norm` and `rms_norm`. One launch, none where there are no rows. */
export function norm(
  { eps, copies = 1, ...shape }: NormShape & { readonly eps: number },
  values: NormValues,
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const { kind, x, weight, y, rstd } = values;
  const bindings =
    values.kind === "layer"
      ? [...reads(x, weight, values.bias), ...writes(y, values.mean, rstd)]
      : [...reads(x, weight), ...writes(y, rstd)];
  const kernel = {
    ...shape,
    label: `engine/${kind}Norm`,
    body: [forward[kind]],
    constants: { EPSILON: eps, COPY_ROWS: shape.rows / copies },
    bindings,
  };
  return [rowLaunch(kernel, device)];
}

export type NormGradientValues = RowStatistics & {
  /** [rows, columns] */
  readonly x: Value;
  /** [copies, columns] */
  readonly weight: Value;
  /** [rows, columns] */
  readonly dy: Value;
  /** [rows, columns]: added to the gradient, where there is one. */
  readonly residual?: Value | undefined;
  /** [rows, columns] */
  readonly dx: Value;
};

/** The gradient of a norm's input. One launch, none where there are no rows. */
export function normGradient(
  { copies = 1, ...shape }: NormShape,
  values: NormGradientValues,
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const { kind, x, weight, rstd, dy, residual, dx } = values;
  const statistics = values.kind === "layer" ? [values.mean, rstd] : [rstd];
  const kernel = {
    ...shape,
    label: `engine/${kind}NormGradient`,
    body: [backward[kind]],
    constants: { HAS_RESIDUAL: Number(residual !== undefined), COPY_ROWS: shape.rows / copies },
    // Something has to be bound where no residual is: what is there anyhow.
    bindings: [...reads(x, weight, ...statistics, dy, residual ?? dy), ...writes(dx)],
  };
  return [rowLaunch(kernel, device)];
}

export type NormWeightGradientValues = RowStatistics & {
  /** [rows, columns] */
  readonly x: Value;
  /** [rows, columns] */
  readonly dy: Value;
  /** [copies, columns] */
  readonly dweight: Value;
} & ({ readonly kind: "layer" /** [copies, columns] */; readonly dbias: Value } | { readonly kind: "rms" });

/**
 * The gradients of a norm's weight and bias. Two launches: sums of blocks of √rows rows, then of the blocks; one where
 * there is one block, none where there are no columns.
 */
export function normWeightGradient(
  { rows, columns, copies = 1 }: NormShape,
  values: NormWeightGradientValues,
): Launch[] {
  const { kind, x, dy, rstd, dweight } = values;
  if (columns === 0) return [];
  const block = Math.max(Math.ceil(Math.sqrt(rows / copies)), 4);
  const blocks = blocksOf(rows / copies, block);
  const label = `engine/${kind}NormWeightGradient`;
  const results = values.kind === "layer" ? [dweight, values.dbias] : [dweight];
  const inputs = reads(x, dy, rstd, ...(values.kind === "layer" ? [values.mean] : []));
  const partials = results.map((result): Value => {
    return { label: `${label}/${result.label} of blocks`, elements: copies * blocks * columns, dtype: "float32" };
  });
  const first = blocks > 1 ? partials : results;
  const sums = { rows, columns, label, body: [weightBackward[kind]], bindings: [...inputs, ...writes(...first)] };
  if (blocks === 1) return [blockLaunch(sums, block, copies)];
  const ofBlocks = { rows: copies * blocks, columns, label, body: [columnSums[kind]] };
  return [
    blockLaunch(sums, block, copies),
    blockLaunch({ ...ofBlocks, bindings: [...reads(...partials), ...writes(...results)] }, blocks, copies),
  ];
}
