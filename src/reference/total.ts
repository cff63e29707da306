import type { Round } from "./numerics.ts";

/** How the shaders cut a tensor into tiles: by the lanes of a workgroup (see shaders/optim/parts/measure.wgsl). */
export interface Tiling {
  readonly lanes: number;
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

/**
 * The sum over a tensor in the order of the shaders: four elements a lane, the last of them padded with zeros, a tree a tile,
 * then the tiles.
 */
export function total(
  count: number,
  valueAt: (i: number) => number,
  round: Round,
  { lanes }: Tiling = { lanes: 256 },
): number {
  const at = (i: number): number => (i < count ? valueAt(i) : 0);
  const four = (i: number): number => round(round(at(i) + at(i + 1)) + round(at(i + 2) + at(i + 3)));
  const tiles = Array.from({ length: Math.ceil(count / (4 * lanes)) }, (_, tile) =>
    tree(
      Array.from({ length: lanes }, (_, lane) => four((tile * lanes + lane) * 4)),
      round,
    ),
  );
  const sums = Array.from({ length: combineLanes }, (_, lane) => {
    let sum = 0;
    for (let i = lane; i < tiles.length; i += combineLanes) sum = round(sum + (tiles[i] as number));
    return sum;
  });
  return tree(sums, round);
}
