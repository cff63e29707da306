// A product that is symmetric, [short, short], since its right operand is its left one transposed. Only the blocks on and
// above the diagonal are made: an element and its mirror image have the same products in the same order, so the same bits.
// What a file that stands on this one brings: `innerOf`, `leftAt`, `isLeftAlongInner`, and `entry`, what is stored.

@group(1) @binding(1) var<storage, read> source: array<f32>;
@group(1) @binding(2) var<storage, read_write> square: array<f32>;

fn extentOf(matrix: Matrix) -> Extent {
  let short = shortSide(matrix);
  return Extent(short, short, innerOf(matrix));
}

fn rightAt(matrix: Matrix, k: u32, j: u32) -> f32 {
  return leftAt(matrix, j, k);
}

fn isRightAlongInner(matrix: Matrix) -> bool {
  return isLeftAlongInner(matrix);
}

fn store(block: Block, matrix: Matrix, terms: Terms, i: u32, j: u32, sum: f32) {
  let short = shortSide(matrix);
  let at = matrix.square + i * short + j;
  let value = entry(terms, at, sum);
  square[at] = value;
  if (block.row != block.column) {
    square[matrix.square + j * short + i] = value;
  }
}
