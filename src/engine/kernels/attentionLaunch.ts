import forwardCode from "../../../shaders/engine/attention/forward.wgsl?raw";
import forwardLanesCode from "../../../shaders/engine/attention/forwardLanes.wgsl?raw";
import forwardTilesCode from "../../../shaders/engine/attention/forwardTiles.wgsl?raw";
import gradientCode from "../../../shaders/engine/attention/gradient.wgsl?raw";
import gradientLanesCode from "../../../shaders/engine/attention/gradientLanes.wgsl?raw";
import headsCode from "../../../shaders/engine/attention/heads.wgsl?raw";
import keyValueGradientCode from "../../../shaders/engine/attention/keyValueGradient.wgsl?raw";
import keyValueGradientLanesCode from "../../../shaders/engine/attention/keyValueGradientLanes.wgsl?raw";
import keyValueGradientTilesCode from "../../../shaders/engine/attention/keyValueGradientTiles.wgsl?raw";
import lanesCode from "../../../shaders/engine/attention/lanes.wgsl?raw";
import queryGradientCode from "../../../shaders/engine/attention/queryGradient.wgsl?raw";
import queryGradientLanesCode from "../../../shaders/engine/attention/queryGradientLanes.wgsl?raw";
import queryGradientTilesCode from "../../../shaders/engine/attention/queryGradientTiles.wgsl?raw";
import raggedCode from "../../../shaders/engine/attention/ragged.wgsl?raw";
import tilesCode from "../../../shaders/engine/attention/tiles.wgsl?raw";
import wideCode from "../../../shaders/engine/attention/wide.wgsl?raw";
import exponentialCode from "../../../shaders/engine/parts/exponential.wgsl?raw";
import exponentialsCode from "../../../shaders/engine/parts/exponentials.wgsl?raw";
import logarithmCode from "../../../shaders/engine/parts/logarithm.wgsl?raw";
import type { Limits, ShaderPart } from "../../gpu/index.ts";
import type { Launch, View } from "../launch.ts";

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

/** What attention has to know of a device. */
export interface AttentionDevice {
  /** It computes on the CPU, where barriers and workgroup memory cost more than they save. */
  readonly isSoftware: boolean;
  readonly limits: Pick<Limits, "maxComputeInvocationsPerWorkgroup">;
}

/** A pass over all pairs of queries and keys. */
export type AttentionPass = "forward" | "queryGradient" | "keyValueGradient";

export interface AttentionKernel {
  readonly pass: AttentionPass;
  readonly options: AttentionOptions;
  readonly inputs: AttentionInputs;
  /** The operand whose rows are shared out: queries, or keys. */
  readonly tiled: View;
  readonly bindings: Launch["bindings"];
}

/** Passes by lanes on their own on software adapters, and for deep heads; by tiles elsewhere. None of nothing. */
export function attentionLaunch(kernel: AttentionKernel, device: AttentionDevice): Launch[] {
  const { pass, options, inputs, tiled, bindings } = kernel;
  const { q, k, v } = inputs;
  const [batches, queries, heads, depth] = q.shape as [number, number, number, number];
  const rows = tiled.shape[1] as number;
  if (batches * heads * rows === 0) return [];
  const isWide = [q, k, v].every(isInFours);
  const group = isWide ? 4 : 1;
  const byTiles = !device.isSoftware && depth <= deepest;
  const how = byTiles ? cutTiles(kernel, device) : cutLanes;
  return [
    {
      label: `engine/attention/${pass}`,
      parts: attentionParts(pass, byTiles ? "tiles" : "lanes", isWide),
      constants: {
        BATCHES: batches,
        HEADS: heads,
        QUERIES: queries,
        KEYS: k.shape[1] as number,
        GROUPS: depth / group,
        SCALE: options.scale,
        CAUSAL: Number(options.causal),
        ...placed("Q", q, group),
        ...placed("K", k, group),
        ...placed("V", v, group),
        ...how.constants,
      },
      bindings,
      workgroups: Math.ceil((batches * heads * Math.ceil(rows / how.rowsPerTile)) / how.perWorkgroup),
    },
  ];
}

interface Cut {
  readonly constants?: Readonly<Record<string, number>>;
  readonly rowsPerTile: number;
  /** Tiles. */
  readonly perWorkgroup: number;
}

const cutLanes: Cut = { rowsPerTile: 8, perWorkgroup: 32 };

/** Numbers of a head's row that tiles are made for: more would not fit in the registers of 16 lanes. */
const deepest = 128;
/** Workgroups that keep a GPU busy, and lanes that keep one of its cores from idling within a workgroup. */
const manyWorkgroups = 128;
const fewestLanes = 64;

/** How tiles are cut: large ones read less, small ones make more workgroups. Below 16 KiB of workgroup memory always. */
function cutTiles({ pass, inputs, tiled }: AttentionKernel, { limits }: AttentionDevice): Cut {
  const [batches, , heads, depth] = inputs.q.shape as [number, number, number, number];
  const rows = tiled.shape[1] as number;
  const columnLanes = depth <= 32 ? 8 : 16;
  const spans = depth > 4 * columnLanes ? 2 : 1;
  // A lane that adds up two results, each two matrices, leaves registers for half as many lanes.
  const mostLanes = Math.min(pass === "keyValueGradient" && spans === 2 ? 128 : 256, 16 * columnLanes);
  let lanes = Math.min(mostLanes, limits.maxComputeInvocationsPerWorkgroup);
  const tilesOf = (size: number) => batches * heads * Math.ceil((rows * columnLanes) / (4 * size));
  const halfWouldDo = () => tilesOf(lanes / 2) === tilesOf(lanes) || tilesOf(lanes) < manyWorkgroups;
  while (lanes > fewestLanes && halfWouldDo()) lanes /= 2;
  const rowLanes = lanes / columnLanes;
  return {
    constants: { ROWS: rows, COLUMN_LANES: columnLanes, ROW_LANES: rowLanes, SPANS: spans },
    rowsPerTile: 4 * rowLanes,
    perWorkgroup: 1,
  };
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

/** The module of a pass. */
export function attentionParts(pass: AttentionPass, by: "lanes" | "tiles", isWide: boolean): readonly ShaderPart[] {
  return [...passes[pass][by], heads, isWide ? wide : ragged, ...mathematics];
}

const file = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/${name}.wgsl`, code });
const heads = file("attention/heads", headsCode);
const wide = file("attention/wide", wideCode);
const ragged = file("attention/ragged", raggedCode);
const lanes = file("attention/lanes", lanesCode);
const tiles = file("attention/tiles", tilesCode);
const forward = file("attention/forward", forwardCode);
const gradient = file("attention/gradient", gradientCode);
const gradientLanes = file("attention/gradientLanes", gradientLanesCode);
const queryGradient = file("attention/queryGradient", queryGradientCode);
const keyValueGradient = file("attention/keyValueGradient", keyValueGradientCode);
const mathematics = [
  file("parts/exponential", exponentialCode),
  file("parts/exponentials", exponentialsCode),
  file("parts/logarithm", logarithmCode),
];

const passes: Record<AttentionPass, Record<"lanes" | "tiles", readonly ShaderPart[]>> = {
  forward: {
    lanes: [file("attention/forwardLanes", forwardLanesCode), forward, lanes],
    tiles: [file("attention/forwardTiles", forwardTilesCode), forward, tiles],
  },
  queryGradient: {
    lanes: [
      file("attention/queryGradientLanes", queryGradientLanesCode),
      queryGradient,
      gradient,
      gradientLanes,
      lanes,
    ],
    tiles: [file("attention/queryGradientTiles", queryGradientTilesCode), queryGradient, gradient, tiles],
  },
  keyValueGradient: {
    lanes: [
      file("attention/keyValueGradientLanes", keyValueGradientLanesCode),
      ...[keyValueGradient, gradient, gradientLanes, lanes],
    ],
    tiles: [file("attention/keyValueGradientTiles", keyValueGradientTilesCode), keyValueGradient, gradient, tiles],
  },
};
