/** The tables of Adafactor's passes, as their kernels read them. */
import { type Axis, type Block, piece } from "./geometry.ts";

/** Numbers in a `struct Axis`, a `struct Block` and a `struct Unit` of shaders/optim/factors/. */
export const axisFields = 13;
export const blockFields = 5;
export const unitFields = 4;

/** Lanes that the kernels count on: LANES of shaders/optim/factors/lines.wgsl. */
const lanes = 256;
/** The most lanes that add up the spans of one line. */
const spanLanes = 32;

/** Where an axis has its memory, in floats from the start of the bindings. */
export interface AxisPlace {
  readonly axis: Axis;
  readonly sums: number;
  readonly averages: number;
  readonly pieceSums: number;
  readonly means: number;
}

/** A tensor's axes, as the kernels read them; without a row of scalars it is frozen. */
export function axisWords({ axis, ...at }: AxisPlace, row: number | undefined): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(axisFields);
  const { matrices, lines, size, span, spans, pieces, length } = axis;
  words.set([row === undefined ? 0 : matrices, lines, Math.log2(size), Math.log2(span), spans]);
  words.set([at.sums, at.averages, pieces, at.pieceSums, at.means], 5);
  new Float32Array(words.buffer).set([length, lines], 10);
  words[12] = row ?? 0;
  return words;
}

/** `grad`: where the block's first element is, in floats from the start of its binding. */
export function blockWords(tensor: number, { matrix, row, column }: Block, grad: number): number[] {
  return [tensor, matrix, row, column, grad];
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(least, 1)));

/** What adds up the spans of an axis: as many lines a workgroup as there are, or as it has lanes for. */
export function lineUnits({ matrices, pieces, spans }: Axis, axis: number): number[] {
  const each = Math.min(powerOfTwo(spans), spanLanes);
  const lines = Math.min(powerOfTwo(matrices * pieces) * piece, lanes / each);
  return units(matrices * pieces, lines / piece, (first) => [axis, first, Math.log2(lines), Math.log2(each)]);
}

/** What adds up the pieces of the rows: as many matrices a workgroup as there are, or as it has lanes for. */
export function matrixUnits({ matrices, pieces }: Axis, axis: number): number[] {
  const each = Math.min(powerOfTwo(pieces), lanes);
  const together = Math.min(powerOfTwo(matrices), lanes / each);
  return units(matrices, together, (first) => [axis, first, Math.log2(together), Math.log2(each)]);
}

function units(count: number, stride: number, wordsOf: (first: number) => number[]): number[] {
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => wordsOf(i * stride)).flat();
}
