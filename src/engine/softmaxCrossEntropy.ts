import exponentialCode from "../../shaders/engine/parts/exponential.wgsl?raw";
import softmaxCrossEntropyCode from "../../shaders/engine/softmaxCrossEntropy.wgsl?raw";
import type { Dispatch, Gpu, Slice } from "../gpu/index.ts";
import type { Workspace } from "./workspace.ts";

export interface SoftmaxCrossEntropySlices {
  /** float32 [rows, classes]; the loss's gradient by the logits is written over them. */
  readonly logits: Slice;
  /** uint32 [rows], each below `classes`. */
  readonly labels: Slice;
  /** uint32 [1]: which entry of `metrics` this batch writes. */
  readonly slot: Slice;
  /** float32 [slots, 2]: the mean loss and the number of rows predicted right. */
  readonly metrics: Slice;
  /** uint32 [rows]: the class of the largest logit, the first of several. */
  readonly predictions: Slice;
}

/** The mean softmax cross-entropy of a batch, in nats, with its gradient, in one dispatch of one workgroup. */
export async function softmaxCrossEntropy(
  gpu: Gpu,
  workspace: Workspace,
  { rows, classes }: { readonly rows: number; readonly classes: number },
  { logits, labels, slot, metrics, predictions }: SoftmaxCrossEntropySlices,
): Promise<Dispatch> {
  const label = "engine/softmaxCrossEntropy";
  const kernel = await gpu.kernels.get({
    label,
    parts: [
      { file: "shaders/engine/softmaxCrossEntropy.wgsl", code: softmaxCrossEntropyCode },
      { file: "shaders/engine/parts/exponential.wgsl", code: exponentialCode },
    ],
    bindings: [["readWrite", "read", "read", "readWrite", "readWrite", "uniform"]],
  });
  const shape = workspace.uniform([rows, classes], label);
  return kernel.prepare([[logits, labels, slot, metrics, predictions, shape]], 1);
}
