import { show } from "../errors.ts";
import { apply, applyOne, demand } from "../node.ts";
import { checkShape, checkType } from "../shapes.ts";
import type { Shape, Tensor } from "../tensor.ts";

/** exp(x) / Σ exp(x) over the last axis. */
export const softmax = (x: Tensor): Tensor => softmaxOf(x, false);

/** x − log Σ exp(x) over the last axis. */
export const logSoftmax = (x: Tensor): Tensor => softmaxOf(x, true);

function softmaxOf(x: Tensor, log: boolean): Tensor {
  lastSide("softmax", x);
  return applyOne({ op: "softmax", log }, [x], x);
}

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last axis, the variance being the biased one.
 *
 * Source: Ba, Kiros & Hinton, "Layer Normalization" (2016).
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  const side = lastSide("layerNorm", x);
  for (const [name, tensor] of Object.entries({ weight, bias })) checkShape("layerNorm", name, tensor, [side]);
  const row = { shape: rowsOf(x), dtype: "float32" } as const;
  return apply({ op: "norm", kind: "layer", eps }, [x, weight, bias], [x, row, row])[0] as Tensor;
}

/**
 * x / √(mean of x² + eps) · weight over the last axis.
 *
 * Source: Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019).
 */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-6): Tensor {
  checkShape("rmsNorm", "weight", weight, [lastSide("rmsNorm", x)]);
  const row = { shape: rowsOf(x), dtype: "float32" } as const;
  return apply({ op: "norm", kind: "rms", eps }, [x, weight], [x, row])[0] as Tensor;
}

/**
 * −log softmax(logits)[label] of each row, in nats: logits [..., classes], labels uint32 [...]. With label smoothing ε the
 * target is 1 − ε for the label and ε / classes for all. A label that is no class has loss and gradient 0.
 *
 * Source: Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7; PyTorch's `cross_entropy`.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, labelSmoothing = 0): Tensor {
  lastSide("crossEntropy", logits);
  checkType("crossEntropy", labels, "uint32");
  checkShape("crossEntropy", "labels", labels, rowsOf(logits));
  demand(
    labelSmoothing >= 0 && labelSmoothing <= 1,
    () => `crossEntropy: no label smoothing (got ${labelSmoothing}, allowed 0 to 1). Correct it.`,
  );
  const row = { shape: rowsOf(logits), dtype: "float32" } as const;
  return apply({ op: "crossEntropy", labelSmoothing }, [logits, labels], [row, row])[0] as Tensor;
}

/** The index of the largest over the last axis, the first of several; uint32. */
export function argmax(x: Tensor): Tensor {
  lastSide("argmax", x);
  return applyOne({ op: "argmax" }, [x], { shape: rowsOf(x), dtype: "uint32" });
}

/** The shape without its last axis. */
export const rowsOf = ({ shape }: Tensor): Shape => shape.slice(0, -1);

function lastSide(op: string, x: Tensor): number {
  checkType(op, x);
  const side = x.shape.at(-1);
  demand(
    side !== undefined && side > 0,
    () => `${op}: it needs a last axis (got ${show(x.shape)}). Reshape the tensor.`,
  );
  return side;
}
