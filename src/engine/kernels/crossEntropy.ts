import crossEntropyCode from "../../../shaders/engine/rows/crossEntropy.wgsl?raw";
import aloneCode from "../../../shaders/engine/rows/crossEntropyAlone.wgsl?raw";
import gradientCode from "../../../shaders/engine/rows/crossEntropyGradient.wgsl?raw";
import withGradientCode from "../../../shaders/engine/rows/crossEntropyWithGradient.wgsl?raw";
import type { Launch, Value } from "../launch.ts";
import { reads, writes } from "./bindings.ts";
import { type RowsDevice, type RowsShape, rowLaunch } from "./rows.ts";

/** One row of logits a prediction, one column a class. A row whose label is no class has the loss 0 and the gradient 0. */
export interface CrossEntropyOptions extends RowsShape {
  /** The share of the target that is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing: number;
}

export interface CrossEntropyValues {
  /** [rows, columns] */
  readonly logits: Value;
  /** uint32 [rows] */
  readonly labels: Value;
  /** [rows], in nats. */
  readonly losses: Value;
  /** [rows]: the logarithm of the sum of the logits' exponentials. */
  readonly lse: Value;
}

const main = { file: "shaders/engine/rows/crossEntropy.wgsl", code: crossEntropyCode };
const alone = { file: "shaders/engine/rows/crossEntropyAlone.wgsl", code: aloneCode };
const withGradient = { file: "shaders/engine/rows/crossEntropyWithGradient.wgsl", code: withGradientCode };

/** The softmax cross-entropy of each row. One launch, none where there are no rows. */
export function crossEntropy(
  { labelSmoothing, ...shape }: CrossEntropyOptions,
  { logits, labels, losses, lse }: CrossEntropyValues,
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/crossEntropy",
    body: [main, alone],
    constants: { SMOOTHING: labelSmoothing },
    bindings: [...reads(logits, labels), ...writes(losses, lse)],
  };
  return [rowLaunch(kernel, device)];
}

/** The same, and `dlogits` [rows, columns]: the gradient of `scale` times the sum of all losses. One launch. */
export function crossEntropyWithGradient(
  { labelSmoothing, scale, ...shape }: CrossEntropyOptions & { readonly scale: number },
  { logits, labels, losses, lse, dlogits }: CrossEntropyValues & { readonly dlogits: Value },
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/crossEntropyWithGradient",
    body: [main, withGradient],
    constants: { SMOOTHING: labelSmoothing, SCALE: scale },
    bindings: [...reads(logits, labels), ...writes(losses, lse, dlogits)],
  };
  return [rowLaunch(kernel, device)];
}

/** The gradient of the logits, `dlogits` [rows, columns], from that of the losses, `dlosses` [rows]. One launch. */
export function crossEntropyGradient(
  { labelSmoothing, ...shape }: CrossEntropyOptions,
  { logits, labels, lse, dlosses, dlogits }: Omit<CrossEntropyValues, "losses"> & { dlosses: Value; dlogits: Value },
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/crossEntropyGradient",
    body: [{ file: "shaders/engine/rows/crossEntropyGradient.wgsl", code: gradientCode }],
    constants: { SMOOTHING: labelSmoothing },
    bindings: [...reads(logits, labels, lse, dlosses), ...writes(dlogits)],
  };
  return [rowLaunch(kernel, device)];
}
