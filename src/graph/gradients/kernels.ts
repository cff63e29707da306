import { apply, applyOne } from "../node.ts";
import type { KernelOperation, OperationOf } from "../operation.ts";
import { constant } from "../ops/leaves.ts";
import { expand } from "../ops/views.ts";
import type { Node, Tensor, TensorType } from "../tensor.ts";
import { type GradientRules, isTooDeep } from "./rule.ts";

const like = ({ shape }: Tensor): TensorType => ({ shape, dtype: "float32" });

type Norm = Node<OperationOf<"norm">>;

function normGradients({ operation: { kind }, inputs, outputs }: Norm, dy: Tensor): readonly Tensor[] {
  const [x, weight] = inputs as [Tensor, Tensor];
  const moments = outputs.slice(1);
  const dx = applyOne({ op: "normGradient", kind }, [x, weight, ...moments, dy], like(x));
  const types = kind === "layer" ? [like(weight), like(weight)] : [like(weight)];
  return [dx, ...apply({ op: "normWeightGradient", kind }, [x, ...moments, dy], types)];
}

/** Of the operations that have a kernel for their gradient. */
export const kernelGradients: GradientRules<KernelOperation> = {
  softmax({ operation: { log }, outputs }, [dy]) {
    const y = outputs[0] as Tensor;
    return [applyOne({ op: "softmaxGradient", log }, [y, dy as Tensor], like(y))];
  },

  norm: (node, [dy]) => normGradients(node, dy as Tensor),

  crossEntropy({ operation: { labelSmoothing }, inputs, outputs }, [dlosses]) {
    const [logits, labels] = inputs as [Tensor, Tensor];
    const operands = [logits, labels, outputs[1] as Tensor, dlosses as Tensor];
    return [applyOne({ op: "crossEntropyGradient", labelSmoothing }, operands, like(logits))];
  },

  argmax: () => [],
  stackIds: () => [],

  gather({ inputs }, [dy]) {
    const [table, ids] = inputs as [Tensor, Tensor];
    return [applyOne({ op: "gatherGradient" }, [ids, dy as Tensor], like(table))];
  },

  attention({ operation, inputs, outputs }, [doutput]) {
    const operands = [...inputs, ...outputs, doutput ?? expand(constant(0), (outputs[0] as Tensor).shape)];
    return apply({ ...operation, op: "attentionGradient" }, operands, inputs.map(like));
  },

  rotary({ operation }, [dy]) {
    return [applyOne({ ...operation, isInverse: !operation.isInverse }, [dy as Tensor], like(dy as Tensor))];
  },

  conv2d({ operation, inputs }, [gradient]) {
    const [x, weight] = inputs as [Tensor, Tensor];
    const dy = gradient as Tensor;
    return [
      applyOne({ ...operation, op: "conv2dInputGradient" }, [dy, weight], like(x)),
      applyOne({ ...operation, op: "conv2dWeightGradient" }, [x, dy], like(weight)),
    ];
  },

  pool2d({ operation, inputs }, [dy]) {
    const x = inputs[0] as Tensor;
    return [applyOne({ ...operation, op: "pool2dGradient" }, [x, dy as Tensor], like(x))];
  },

  softmaxGradient: isTooDeep,
  normGradient: isTooDeep,
  normWeightGradient: isTooDeep,
  crossEntropyGradient: isTooDeep,
  gatherGradient: isTooDeep,
  attentionGradient: isTooDeep,
  conv2dInputGradient: isTooDeep,
  conv2dWeightGradient: isTooDeep,
  pool2dGradient: isTooDeep,
};
