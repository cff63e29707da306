import type { Tensor } from "../../graph/index.ts";
import { attention, attentionGradient } from "../kernels/attention.ts";
import { rotary } from "../kernels/rotary.ts";
import type { Value, View } from "../launch.ts";
import type { Lowering, Lowerings } from "./lowering.ts";
import { wholeView } from "./views.ts";

/** Of attention and what belongs to it. */
export const attentionKernels: Lowerings<"attention" | "attentionGradient" | "rotary"> = {
  attention(lowering, { operation: { isCausal, scale }, inputs, outputs }) {
    const [o, lse] = outputs.map((output) => lowering.result(output)) as [Value, Value];
    const operands = queriesKeysValues(lowering, inputs);
    lowering.emit(...attention({ causal: isCausal, scale }, operands, { o, lse }, lowering.device));
  },

  attentionGradient(lowering, { operation: { isCausal, scale }, inputs, outputs }) {
    const [o, lse, dout] = inputs.slice(3).map((input) => lowering.dense(input)) as [Value, Value, Value];
    const operands = queriesKeysValues(lowering, inputs);
    const [dq, dk, dv] = outputs.map((output) => lowering.result(output)) as [Value, Value, Value];
    const options = { causal: isCausal, scale };
    const gradients = { dout, dq, dk, dv };
    lowering.emit(...attentionGradient(options, operands, { o, lse }, gradients, lowering.device));
  },

  rotary(lowering, { operation: { base, isInverse }, inputs, outputs }) {
    const x = denseHeads(lowering, inputs[0] as Tensor);
    const y = lowering.result(outputs[0] as Tensor);
    const { launches, tables } = rotary({ base, inverse: isInverse }, { x, y });
    for (const [value, data] of tables) lowering.tables.set(value, Float32Array.from(data));
    lowering.emit(...launches);
  },
};

function queriesKeysValues(lowering: Lowering, [q, k, v]: readonly Tensor[]) {
  return {
    q: denseHeads(lowering, q as Tensor),
    k: denseHeads(lowering, k as Tensor),
    v: denseHeads(lowering, v as Tensor),
  };
}

/** A view whose heads each lie side by side; the other strides may be any. */
function denseHeads(lowering: Lowering, tensor: Tensor): View {
  const view = lowering.view(tensor);
  return view.strides.at(-1) === 1 || tensor.shape.at(-1) === 1
    ? view
    : wholeView(lowering.dense(tensor), tensor.shape);
}
