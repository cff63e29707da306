// The first product of a Newton-Schulz step: A ← X Xᵀ, or Xᵀ X where X has more rows than columns.
// Before the first step X is to be divided by its norm. That is done here to A, and in combine.wgsl to what the step makes
// of X: X itself would have to be written once more.

fn innerOf(matrix: Matrix) -> u32 {
  return max(matrix.rows, matrix.columns);
}

fn leftAt(matrix: Matrix, i: u32, k: u32) -> f32 {
  return source[matrix.x + select(i * matrix.columns + k, k * matrix.columns + i, isTall(matrix))];
}

fn isLeftAlongInner(matrix: Matrix) -> bool {
  return !isTall(matrix);
}

fn entry(terms: Terms, at: u32, sum: f32) -> f32 {
  return (sum * terms.inverseNorm) * terms.inverseNorm;
}
