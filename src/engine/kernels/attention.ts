import type { Launch, Value } from "../launch.ts";
import {
  type AttentionDevice,
  type AttentionInputs,
  type AttentionOptions,
  attentionLaunch,
} from "./attentionLaunch.ts";
import { reads, writes } from "./bindings.ts";

export interface AttentionOutputs {
  /** [batches, queries, heads, depth], dense. */
  readonly o: Value;
  /** [batches, heads, queries]: the logarithms of the sums of the scores' exponentials. */
  readonly lse: Value;
}

export interface AttentionGradients {
  /** [batches, queries, heads, depth], dense: the gradient of `o`. */
  readonly dout: Value;
  /** [batches, queries, heads, depth], dense. */
  readonly dq: Value;
  /** [batches, keys, heads, depth], dense. */
  readonly dk: Value;
  /** [batches, keys, heads, depth], dense. */
  readonly dv: Value;
}

/** o = softmax(scale q kᵀ) v of each batch and head, without the matrix of scores in memory. One launch, or none of nothing. */
export function attention(
  options: AttentionOptions,
  inputs: AttentionInputs,
  outputs: AttentionOutputs,
  device: AttentionDevice,
): Launch[] {
  const { q, k, v } = inputs;
  const bindings = [...reads(q.value, k.value, v.value), ...writes(outputs.o, outputs.lse)];
  return attentionLaunch({ pass: "forward", options, inputs, tiled: q, bindings }, device);
}

/** The gradients of attention by its inputs. Two launches: by queries, and then by keys. */
export function attentionGradient(
  options: AttentionOptions,
  inputs: AttentionInputs,
  { o, lse }: AttentionOutputs,
  { dout, dq, dk, dv }: AttentionGradients,
  device: AttentionDevice,
): Launch[] {
  const { q, k, v } = inputs;
  const delta: Value = { label: "engine/attentionGradient/delta", elements: lse.elements, dtype: "float32" };
  const views = reads(q.value, k.value, v.value);
  const byQueries = [...views, ...reads(dout, lse, o), ...writes(dq, delta)];
  const byKeys = [...views, ...reads(dout, lse, delta), ...writes(dk, dv)];
  const both = { options, inputs };
  return [
    ...attentionLaunch({ ...both, pass: "queryGradient", tiled: q, bindings: byQueries }, device),
    ...attentionLaunch({ ...both, pass: "keyValueGradient", tiled: k, bindings: byKeys }, device),
  ];
}
