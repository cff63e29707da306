import forwardLanesCode from "../../../shaders/engine/attention/forwardLanes.wgsl?raw";
import gradientLanesCode from "../../../shaders/engine/attention/gradientLanes.wgsl?raw";
import keyValueGradientLanesCode from "../../../shaders/engine/attention/keyValueGradientLanes.wgsl?raw";
import lanesCode from "../../../shaders/engine/attention/lanes.wgsl?raw";
import queryGradientLanesCode from "../../../shaders/engine/attention/queryGradientLanes.wgsl?raw";
import raggedCode from "../../../shaders/engine/attention/ragged.wgsl?raw";
import wideCode from "../../../shaders/engine/attention/wide.wgsl?raw";
import exponentialCode from "../../../shaders/engine/parts/exponential.wgsl?raw";
import exponentialsCode from "../../../shaders/engine/parts/exponentials.wgsl?raw";
import logarithmCode from "../../../shaders/engine/parts/logarithm.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value, View } from "../launch.ts";
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
export function attention(options: AttentionOptions, inputs: AttentionInputs, outputs: AttentionOutputs): Launch[] {
  const { q, k, v } = inputs;
  return lanesLaunch("attention", [forwardLanes], options, inputs, q, [
    ...reads(q.value, k.value, v.value),
    ...writes(outputs.o, outputs.lse),
  ]);
}

/** The gradients of attention by its inputs. Two launches: by queries, and then by keys. */
export function attentionGradient(
  options: AttentionOptions,
  inputs: AttentionInputs,
  { o, lse }: AttentionOutputs,
  { dout, dq, dk, dv }: AttentionGradients,
): Launch[] {
  const { q, k, v } = inputs;
  const delta: Value = { label: "engine/attentionGradient/delta", elements: lse.elements, dtype: "float32" };
  const views = reads(q.value, k.value, v.value);
  return [
    ...lanesLaunch("attentionQueryGradient", [queryGradientLanes, gradientLanes], options, inputs, q, [
      ...views,
      ...reads(dout, lse, o),
      ...writes(dq, delta),
    ]),
    ...lanesLaunch("attentionKeyValueGradient", [keyValueGradientLanes, gradientLanes], options, inputs, k, [
      ...views,
      ...reads(dout, lse, delta),
      ...writes(dk, dv),
    ]),
  ];
}

const lanesPerWorkgroup = 32;
const rowsPerLane = 8;

/** A launch of a body over `shaders/engine/attention/lanes.wgsl`; a lane takes eight rows of `tiled`. */
function lanesLaunch(
  name: string,
  body: readonly ShaderPart[],
  { causal, scale }: AttentionOptions,
  { q, k, v }: AttentionInputs,
  tiled: View,
  bindings: Launch["bindings"],
): Launch[] {
  const [batches, queries, heads, depth] = q.shape as [number, number, number, number];
  const tiles = batches * heads * Math.ceil((tiled.shape[1] as number) / rowsPerLane);
  if (tiles === 0) return [];
  const isWide = [q, k, v].every(isInFours);
  const group = isWide ? 4 : 1;
  const constants = {
    BATCHES: batches,
    HEADS: heads,
    QUERIES: queries,
    KEYS: k.shape[1] as number,
    GROUPS: depth / group,
    SCALE: scale,
    CAUSAL: Number(causal),
    ...placed("Q", q, group),
    ...placed("K", k, group),
    ...placed("V", v, group),
  };
  const parts = [...body, lanes, isWide ? wide : ragged, ...mathematics];
  return [{ label: `engine/${name}`, parts, constants, bindings, workgroups: Math.ceil(tiles / lanesPerWorkgroup) }];
}

const isInFours = ({ shape, strides, offset }: View): boolean =>
  [shape[3] as number, offset, ...strides.slice(0, 3)].every((elements) => elements % 4 === 0);

/** Where a view's batches, times and heads are, in groups of elements. */
function placed(name: "Q" | "K" | "V", { strides, offset }: View, group: number): Record<string, number> {
  const [batch, time, head] = strides.map((stride) => stride / group) as [number, number, number, number];
  return {
    [`${name}_OFFSET`]: offset / group,
    [`${name}_BATCH`]: batch,
    [`${name}_TIME`]: time,
    [`${name}_HEAD`]: head,
  };
}

const file = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/${name}.wgsl`, code });
const forwardLanes = file("attention/forwardLanes", forwardLanesCode);
const queryGradientLanes = file("attention/queryGradientLanes", queryGradientLanesCode);
const keyValueGradientLanes = file("attention/keyValueGradientLanes", keyValueGradientLanesCode);
const gradientLanes = file("attention/gradientLanes", gradientLanesCode);
const lanes = file("attention/lanes", lanesCode);
const wide = file("attention/wide", wideCode);
const ragged = file("attention/ragged", raggedCode);
const mathematics = [
  file("parts/exponential", exponentialCode),
  file("parts/exponentials", exponentialsCode),
  file("parts/logarithm", logarithmCode),
];
