// The third product of a Newton-Schulz step: X ← aX + BX, or aX + XB where X has more rows than columns; B is symmetric.
// The first step's X is divided by its norm here, and the last step's takes on what a step is longer for the matrix's sides.

@group(1) @binding(1) var<storage, read> polynomial: array<f32>; // B
@group(1) @binding(2) var<storage, read> x: array<f32>;
@group(1) @binding(3) var<storage, read_write> next: array<f32>;

fn extentOf(matrix: Matrix) -> Extent {
  return Extent(matrix.rows, matrix.columns, shortSide(matrix));
}

fn leftAt(matrix: Matrix, i: u32, k: u32) -> f32 {
  if (isTall(matrix)) {
    return x[matrix.x + i * matrix.columns + k];
  }
  return polynomial[matrix.square + i * matrix.rows + k];
}

fn rightAt(matrix: Matrix, k: u32, j: u32) -> f32 {
  if (isTall(matrix)) {
    return polynomial[matrix.square + k * matrix.columns + j];
  }
  return x[matrix.x + k * matrix.columns + j];
}

fn isLeftAlongInner(matrix: Matrix) -> bool {
  return true;
}

fn isRightAlongInner(matrix: Matrix) -> bool {
  return false;
}

fn store(block: Block, matrix: Matrix, terms: Terms, i: u32, j: u32, sum: f32) {
  let at = matrix.x + i * matrix.columns + j;
  next[at] = ((terms.a * x[at] + sum) * terms.inverseNorm) * terms.adjustment;
}
