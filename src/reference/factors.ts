import type { Round } from "./numerics.ts";
import { strided } from "./total.ts";

/** Values that a lane adds up one after the other. */
const run = 16;

/** Lanes that add up the spans of one row or column, at most, and the pieces of one matrix's rows. */
const spanLanes = 32;
const pieceLanes = 256;

/** Rows of a matrix whose `rowVar` are added up at once. */
const piece = 8;

/** Elements of a row that one block adds up, and the most of a column. */
const spanColumns = 64;
const spanRows = 32;

/** Adds neighbours until one is left: (a + b) + (c + d), what is missing being 0. */
function pairs(values: readonly number[], round: Round): number {
  if (values.length <= 1) return values[0] ?? 0;
  const halves = Array.from({ length: Math.ceil(values.length / 2) }, (_, i) =>
    round((values[2 * i] as number) + (values[2 * i + 1] ?? 0)),
  );
  return pairs(halves, round);
}

/** The sum of a row or a column in the order of shaders/optim/factors/: runs of 16, spans of runs, then the spans. */
function lineSum(count: number, valueAt: (i: number) => number, span: number, round: Round): number {
  const spans: number[] = [];
  for (let first = 0; first < count; first += span) {
    const end = Math.min(first + span, count);
    const runs: number[] = [];
    for (let start = first; start < end; start += run) {
      let sum = 0;
      for (let i = start; i < Math.min(start + run, end); i++) sum = round(sum + valueAt(i));
      runs.push(sum);
    }
    spans.push(pairs(runs, round));
  }
  return inLanes(spans, spanLanes, round);
}

/** The sum over all rows of a matrix of what each has: pieces of 8 rows, then the pieces. */
function pieceSum(values: readonly number[], round: Round): number {
  const pieces: number[] = [];
  for (let first = 0; first < values.length; first += piece) {
    pieces.push(strided(values.slice(first, first + piece), piece, round));
  }
  return inLanes(pieces, pieceLanes, round);
}

/** Lanes that would have nothing to add are left out: they add nothing in the tree either. */
function inLanes(values: readonly number[], most: number, round: Round): number {
  return strided(values, Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(values.length, 1)))), round);
}

/** Matrices of one size, one after the other, as the last two sides of a shape have them. */
export interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/** The matrices of a shape of two sides or more; of other shapes none. */
export function matricesOf(shape: readonly number[]): Matrices | undefined {
  if (shape.length < 2) return undefined;
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { count: shape.slice(0, -2).reduce((product, side) => product * side, 1), rows, columns };
}

/** Sums over each row of each matrix. */
export function rowSums({ count, rows, columns }: Matrices, valueAt: (i: number) => number, round: Round): number[] {
  return Array.from({ length: count * rows }, (_, row) =>
    lineSum(columns, (column) => valueAt(row * columns + column), spanColumns, round),
  );
}

/** Sums over each column of each matrix. */
export function columnSums(
  { count, rows, columns }: Matrices,
  valueAt: (i: number) => number,
  round: Round,
  blockRows = spanRows,
): number[] {
  return Array.from({ length: count * columns }, (_, i) => {
    const first = Math.floor(i / columns) * rows * columns + (i % columns);
    return lineSum(rows, (row) => valueAt(first + row * columns), Math.min(blockRows, spanRows), round);
  });
}

/** The mean over the rows of each matrix of a value that each row has. */
export function meansOfRows({ count, rows }: Matrices, values: ArrayLike<number>, round: Round): number[] {
  return Array.from({ length: count }, (_, matrix) => {
    const own = Array.from({ length: rows }, (__, row) => values[matrix * rows + row] as number);
    return round(pieceSum(own, round) / round(rows));
  });
}
