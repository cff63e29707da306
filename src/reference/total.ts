import type { Round, Values } from "./numerics.ts";

/** How the shaders cut a tensor into tiles: lanes of a workgroup, and whole fours (see shaders/optim/parts/measure.wgsl). */
export interface Tiling {
  readonly lanes: number;
  /** Groups of four elements, the last one padded with zeros; what lies behind them is one tile more, an element a lane. */
  readonly fours: number;
}

/** Adds neighbours by halves until one is left; `values` is a power of two of them. In place. */
function tree(values: number[], round: Round): number {
  for (let half = values.length / 2; half >= 1; half /= 2) {
    for (let i = 0; i < half; i++) values[i] = round((values[i] as number) + (values[i + half] as number));
  }
  return values[0] as number;
}

/** Lanes of the workgroup that adds up the tiles of one tensor. */
const combineLanes = 64;

/** The sum over a tensor in the order of the shaders: four elements a lane, a tree a tile, then the tiles. */
export function total(
  count: number,
  valueAt: (i: number) => number,
  round: Round,
  { lanes, fours }: Tiling = { lanes: 256, fours: Math.ceil(count / 4) },
): number {
  const at = (i: number): number => (i < count ? valueAt(i) : 0);
  const four = (i: number): number => round(round(at(i) + at(i + 1)) + round(at(i + 2) + at(i + 3)));
  const tile = (first: number, end: number, stride: number, value: (i: number) => number): number =>
    tree(
      Array.from({ length: lanes }, (_, lane) => (first + lane * stride < end ? value(first + lane * stride) : 0)),
      round,
    );
  const tiles: number[] = [];
  for (let first = 0; first < fours * 4; first += lanes * 4) tiles.push(tile(first, fours * 4, 4, four));
  for (let first = fours * 4; first < count; first += lanes) tiles.push(tile(first, count, 1, at));
  const sums = Array.from({ length: combineLanes }, (_, lane) => {
    let sum = 0;
    for (let i = lane; i < tiles.length; i += combineLanes) sum = round(sum + (tiles[i] as number));
    return sum;
  });
  return tree(sums, round);
}

/** √Σ x², added up as `total` does. */
export function norm(values: Values, round: Round, tiling?: Tiling): number {
  const square = (i: number): number => round((values[i] as number) * (values[i] as number));
  return round(Math.sqrt(total(values.length, square, round, tiling)));
}
