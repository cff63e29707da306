import raggedCode from "../../../shaders/engine/attention/ragged.wgsl?raw";
import rotaryCode from "../../../shaders/engine/attention/rotary.wgsl?raw";
import wideCode from "../../../shaders/engine/attention/wide.wgsl?raw";
import type { Launch, Value, View } from "../launch.ts";
import { reads, writes } from "./bindings.ts";

export interface RotaryOptions {
  /** The angle of pair i at the time t is t · base^(-2i / depth). */
  readonly base: number;
  /** Turns the other way round, which is the gradient. */
  readonly inverse: boolean;
}

/** Launches that need numbers which the host has to put into values before the first run. */
export interface LaunchesWithTables {
  readonly launches: Launch[];
  /** Two tables whose values have one label have the same numbers. */
  readonly tables: ReadonlyMap<Value, Float32Array>;
}

const lanesPerWorkgroup = 64;

/**
 * Rotary embedding in the halves of GPT-NeoX and LLaMA: x[i] is paired with x[i + depth / 2]. `x` is a view
 * [batches, times, heads, depth], dense along an even depth; `y` is dense. One launch, or none of nothing.
 */
export function rotary({ base, inverse }: RotaryOptions, { x, y }: { x: View; y: Value }): LaunchesWithTables {
  const [batches, times, heads, depth] = x.shape as [number, number, number, number];
  const strides = x.strides.slice(0, 3) as [number, number, number];
  const isWide = [depth / 2, x.offset, ...strides].every((elements) => elements % 4 === 0);
  const group = isWide ? 4 : 1;
  const count = (batches * times * heads * depth) / 2 / group;
  if (count === 0) return { launches: [], tables: new Map() };
  const label = `engine/rotary/table of ${times} × ${depth} to the base ${base}`;
  const table: Value = { label, elements: times * depth, dtype: "float32" };
  const launch: Launch = {
    label: "engine/rotary",
    parts: [
      { file: "shaders/engine/attention/rotary.wgsl", code: rotaryCode },
      isWide
        ? { file: "shaders/engine/attention/wide.wgsl", code: wideCode }
        : { file: "shaders/engine/attention/ragged.wgsl", code: raggedCode },
    ],
    constants: {
      COUNT: count,
      TIMES: times,
      HEADS: heads,
      HALF: depth / 2 / group,
      DIRECTION: inverse ? -1 : 1,
      X_OFFSET: x.offset / group,
      X_BATCH: strides[0] / group,
      X_TIME: strides[1] / group,
      X_HEAD: strides[2] / group,
    },
    bindings: [...reads(x.value, table), ...writes(y)],
    workgroups: Math.ceil(count / lanesPerWorkgroup),
  };
  return { launches: [launch], tables: new Map([[table, turns(times, depth, base)]]) };
}

/** [times, 2, depth / 2]: the cosines and the sines of the angles, computed in float64 and rounded once. */
function turns(times: number, depth: number, base: number): Float32Array {
  const half = depth / 2;
  return Float32Array.from({ length: times * depth }, (_, at) => {
    const angle = Math.floor(at / depth) * base ** (-(at % half) / half);
    return at % depth < half ? Math.cos(angle) : Math.sin(angle);
  });
}
