import type { Round, Values } from "./numerics.ts";

/** How the shaders cut a tensor into tiles that they add up (see shaders/optim/parts/measure.wgsl). */
export interface Tiling {
  /** Of a workgroup. */
  readonly lanes: number;
  /** How many groups of four elements a lane adds up, `lanes` groups apart. */
  readonly rounds: number;
  /** Rows of a block of a matrix, where they are not as many as the shaders would have: see shaders/optim/factors/blocks.wgsl. */
  readonly blockRows?: number;
}

/** Adds neighbours by halves until one is left; `values` is a power of two of them. In place. */
function tree(values: number[], round: Round): number {
  for (let half = values.length / 2; half >= 1; half /= 2) {
    for (let i = 0; i < half; i++) values[i] = round((values[i] as number) + (values[i + half] as number));
  }
  return values[0] as number;
}

/** Lane j of `lanes` adds values j, j + lanes, … in order; a tree adds up the lanes. */
export function strided(values: readonly number[], lanes: number, round: Round): number {
  const sums = Array.from({ length: lanes }, (_, lane) => {
    let sum = 0;
    for (let i = lane; i < values.length; i += lanes) sum = round(sum + (values[i] as number));
    return sum;
  });
  return tree(sums, round);
}

/**
 * The sum over each tile of a tensor: four elements a lane and round, the last ones padded with zeros, round by round, then a
 * tree over the lanes.
 */
export function tileSums(
  count: number,
  valueAt: (i: number) => number,
  round: Round,
  { lanes, rounds }: Tiling = { lanes: 256, rounds: 8 },
): number[] {
  const at = (i: number): number => (i < count ? valueAt(i) : 0);
  const four = (i: number): number => round(round(at(i) + at(i + 1)) + round(at(i + 2) + at(i + 3)));
  const elements = 4 * lanes * rounds;
  return Array.from({ length: Math.ceil(count / elements) }, (_, tile) => {
    const [first, end] = [tile * elements, Math.min((tile + 1) * elements, count)];
    const fours = Array.from({ length: Math.ceil((end - first) / 4) }, (_, i) => four(first + 4 * i));
    return strided(fours, lanes, round);
  });
}

/** The sum over a tensor in the order of the shaders: its tiles, and then 64 lanes over them. */
export function total(count: number, valueAt: (i: number) => number, round: Round, tiling?: Tiling): number {
  return strided(tileSums(count, valueAt, round, tiling), 64, round);
}

/** √Σ x², added up as `total` does. */
export function norm(values: Values, round: Round, tiling?: Tiling): number {
  const square = (i: number): number => round((values[i] as number) * (values[i] as number));
  return round(Math.sqrt(total(values.length, square, round, tiling)));
}
