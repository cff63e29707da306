import type { Launch, Value, View } from "../launch.ts";
import { type AttentionDevice, attentionLaunch } from "./attentionLaunch.ts";
import { reads, writes } from "./bindings.ts";

export interface AttentionOptions {
  /** Query i sees the keys up to i only; there are as many keys as queries. */
  readonly causal: boolean;
  /** What the products of queries and keys are multiplied with, such as 1 / √depth. */
  readonly scale: number;
}

/** Views may be of one value, as slices of a packed [batches, times, 3, heads, depth] are; along the depth they are dense. */
export interface AttentionInputs {
  /** [batches, queries, heads, depth] */
  readonly q: View;
  /** [batches, keys, heads, depth] */
  readonly k: View;
  /** [batches, keys, heads, depth] */
  readonly v: View;
}

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
