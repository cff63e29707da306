import { LimitError, type Limits, type Slice } from "../../gpu/index.ts";
import { adjustments, type Sides } from "./matrix.ts";

/** A matrix and where it lies: its X in two buffers by turns, at the same offset, its products in two others. */
export interface PlacedMatrix {
  readonly name: string;
  readonly sides: Sides;
  /** Its number among the optimizer's tensors. */
  readonly tensor: number;
  readonly x: readonly [Slice, Slice];
  readonly squares: readonly [Slice, Slice];
}

/** Matrices that one dispatch reaches: windows of the buffers that they lie in, which its bindings show. */
export interface MatrixRun {
  readonly matrices: readonly PlacedMatrix[];
  readonly x: readonly [Slice, Slice];
  readonly squares: readonly [Slice, Slice];
}

/** Numbers in a `struct Matrix` of shaders/optim/muon/matrices.wgsl. */
export const matrixFields = 9;
/** Rows and columns of the part of a product that one workgroup makes, `SIDE` of shaders/optim/muon/product.wgsl. */
export const blockSide = 64;

/**
 * Gathers matrices into as few runs as bindings allow: one, where they lie in one slab.
 * @throws LimitError naming a matrix that is larger than a binding.
 */
export function planMatrixRuns(matrices: readonly PlacedMatrix[], limits: Limits): MatrixRun[] {
  const runs: MatrixRun[] = [];
  for (const matrix of matrices) {
    const last = runs.at(-1);
    const grown = last && withMatrix(last, matrix);
    if (grown && fits(grown, limits)) {
      runs[runs.length - 1] = grown;
      continue;
    }
    const alone: MatrixRun = { matrices: [matrix], x: matrix.x, squares: matrix.squares };
    if (!fits(alone, limits)) {
      const size = Math.max(matrix.x[0].size, matrix.squares[0].size);
      throw new LimitError(
        `tensor "${matrix.name}": muon binds a matrix and its square whole (got ${size} bytes, allowed ` +
          `${limits.maxStorageBufferBindingSize}). Give it to adamw, or split it in two.`,
      );
    }
    runs.push(alone);
  }
  return runs;
}

function fits({ x, squares }: MatrixRun, { maxStorageBufferBindingSize: max }: Limits): boolean {
  return [...x, ...squares].every(({ size }) => size <= max);
}

/** The run with one matrix more; undefined where that lies in other buffers. */
function withMatrix({ matrices, x, squares }: MatrixRun, matrix: PlacedMatrix): MatrixRun | undefined {
  const [x0, x1] = [spanOf(x[0], matrix.x[0]), spanOf(x[1], matrix.x[1])];
  const [square0, square1] = [spanOf(squares[0], matrix.squares[0]), spanOf(squares[1], matrix.squares[1])];
  if (!x0 || !x1 || !square0 || !square1) return undefined;
  return { matrices: [...matrices, matrix], x: [x0, x1], squares: [square0, square1] };
}

function spanOf(a: Slice, b: Slice): Slice | undefined {
  if (a.buffer !== b.buffer) return undefined;
  const offset = Math.min(a.offset, b.offset);
  return { buffer: a.buffer, offset, size: Math.max(a.offset + a.size, b.offset + b.size) - offset };
}

/**
 * A run's matrices as its kernels read them. `rowOf` gives the row of scalars of a tensor, by name; one that has none is
 * left alone.
 */
export function matrixTable(run: MatrixRun, rowOf: ReadonlyMap<string, number>): ArrayBuffer {
  const table = new DataView(new ArrayBuffer(run.matrices.length * matrixFields * 4));
  for (const [i, { name, sides, tensor, x, squares }] of run.matrices.entries()) {
    const row = rowOf.get(name);
    const { original, matchRmsAdamw } = adjustments(sides);
    const starts = [(x[0].offset - run.x[0].offset) / 4, (squares[0].offset - run.squares[0].offset) / 4];
    const words = [...starts, ...sides, tensor, row ?? 0, row === undefined ? 0 : 1];
    for (const [k, word] of words.entries()) table.setUint32((i * matrixFields + k) * 4, word, true);
    for (const [k, number] of [original, matchRmsAdamw].entries()) {
      table.setFloat32((i * matrixFields + words.length + k) * 4, number, true);
    }
  }
  return table.buffer;
}

/** The blocks of the products [rows, columns] of a run: of X, or of its squares, of which those below the diagonal are left out. */
export function blockTable({ matrices }: MatrixRun, product: "x" | "square"): Uint32Array<ArrayBuffer> {
  const blocks: number[] = [];
  for (const [i, { sides }] of matrices.entries()) {
    const [rows, columns] = product === "x" ? sides : [Math.min(...sides), Math.min(...sides)];
    for (let row = 0; row < rows; row += blockSide) {
      for (let column = product === "x" ? 0 : row; column < columns; column += blockSide) blocks.push(i, row, column);
    }
  }
  return Uint32Array.from(blocks);
}
