/** How the matrices of a tensor are cut into blocks, and how the sums of a block's rows and columns lie. */

/** Matrices of one size, one after the other: a tensor of two sides or more, by its last two. */
export interface Matrices {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

/** Elements of a block: SLOTS of shaders/optim/factors/blocks.wgsl. */
const slots = 2048;
/** The most columns, and rows, of a block whose sums are one sum. */
const spanColumns = 64;
const spanRows = 32;
/** Lines in a piece: PIECE of shaders/optim/factors/lines.wgsl. */
export const piece = 8;

/** Powers of two; a block of several matrices has each of them whole. */
export interface BlockShape {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(least, 1)));

/**
 * A block of so many slots as suits the matrices: all of them where they are small, of a narrow or a low one its whole
 * breadth, else 32 rows of 64 columns. The rows that a block reaches over must fit into `maxBytes`.
 */
export function blockShape({ rows, columns }: Matrices, maxBytes: number): BlockShape {
  const whole = { rows: powerOfTwo(rows), columns: powerOfTwo(columns) };
  const most = 2 ** Math.max(Math.floor(Math.log2(maxBytes / (columns * 4))), 0);
  const height = Math.min(
    whole.rows,
    most,
    whole.rows * whole.columns <= slots ? whole.rows : Math.max(spanRows, slots / whole.columns),
  );
  const width = Math.min(whole.columns, slots / height);
  const isWhole = height === whole.rows && width === whole.columns;
  return { matrices: isWhole ? slots / (height * width) : 1, rows: height, columns: width };
}

/** See `struct Axis` of shaders/optim/factors/axes.wgsl. */
export interface Axis {
  readonly matrices: number;
  readonly lines: number;
  /** Lines of a block, elements of a span: powers of two. */
  readonly size: number;
  readonly span: number;
  readonly spans: number;
  readonly pieces: number;
  /** Elements of a line. */
  readonly length: number;
  /** Floats for the sums of its spans. */
  readonly sums: number;
}

function axis(matrices: number, lines: number, length: number, size: number, span: number): Axis {
  const spans = Math.ceil(length / span);
  const sums = matrices * Math.ceil(lines / size) * size * spans;
  return { matrices, lines, size, span, spans, pieces: Math.ceil(lines / piece), length, sums };
}

/** The rows and the columns of a tensor's matrices. */
export function axesOf({ matrices, rows, columns }: Matrices, block: BlockShape): [rows: Axis, columns: Axis] {
  return [
    axis(matrices, rows, columns, block.rows, Math.min(block.columns, spanColumns)),
    axis(matrices, columns, rows, block.columns, Math.min(block.rows, spanRows)),
  ];
}

/** Where one block begins. */
export interface Block {
  readonly matrix: number;
  readonly row: number;
  readonly column: number;
}

/** The blocks of a tensor, in the order of its elements. */
export function* blocksOf({ matrices, rows, columns }: Matrices, block: BlockShape): Generator<Block> {
  for (let matrix = 0; matrix < matrices; matrix += block.matrices) {
    for (let row = 0; row < rows; row += block.rows) {
      for (let column = 0; column < columns; column += block.columns) yield { matrix, row, column };
    }
  }
}

/** The first element that a block reaches, and the one behind its last, in the tensor. */
export function reachOf(
  tensor: Matrices,
  shape: BlockShape,
  { matrix, row, column }: Block,
): [first: number, end: number] {
  const { rows, columns } = tensor;
  const [lastMatrix, lastRow, lastColumn] = [
    Math.min(matrix + shape.matrices, tensor.matrices) - 1,
    Math.min(row + shape.rows, rows) - 1,
    Math.min(column + shape.columns, columns) - 1,
  ];
  const at = (m: number, r: number, c: number): number => (m * rows + r) * columns + c;
  return [at(matrix, row, column), at(lastMatrix, lastRow, lastColumn) + 1];
}

/** The matrices of a shape; undefined where it has fewer than two sides. */
export function matricesOf(shape: readonly number[]): Matrices | undefined {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return undefined;
  return { matrices: shape.slice(0, -2).reduce((product, side) => product * side, 1), rows, columns };
}
