import softmaxCode from "../../../shaders/engine/rows/softmax.wgsl?raw";
import softmaxGradientCode from "../../../shaders/engine/rows/softmaxGradient.wgsl?raw";
import type { Launch, Value } from "../launch.ts";
import { reads, writes } from "./bindings.ts";
import { type RowsDevice, type RowsShape, rowLaunch } from "./rows.ts";

export interface SoftmaxOptions extends RowsShape {
  /** The logarithm of the softmax, straight from the logits. */
  readonly log: boolean;
}

/** y = softmax(x) of each row, or its logarithm. `x` and `y` are [rows, columns]. One launch, none where there are no rows. */
export function softmax(
  { log, ...shape }: SoftmaxOptions,
  { x, y }: { x: Value; y: Value },
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/softmax",
    body: [{ file: "shaders/engine/rows/softmax.wgsl", code: softmaxCode }],
    constants: { LOG: Number(log) },
    bindings: [...reads(x), ...writes(y)],
  };
  return [rowLaunch(kernel, device)];
}

/** The gradient of softmax's input from its output `y` and that one's gradient `dy`; all [rows, columns]. One launch. */
export function softmaxGradient(
  { log, ...shape }: SoftmaxOptions,
  { y, dy, dx }: { y: Value; dy: Value; dx: Value },
  device: RowsDevice,
): Launch[] {
  if (shape.rows === 0) return [];
  const kernel = {
    ...shape,
    label: "engine/softmaxGradient",
    body: [{ file: "shaders/engine/rows/softmaxGradient.wgsl", code: softmaxGradientCode }],
    constants: { LOG: Number(log) },
    bindings: [...reads(y, dy), ...writes(dx)],
  };
  return [rowLaunch(kernel, device)];
}
