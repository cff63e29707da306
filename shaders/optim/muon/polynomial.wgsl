// The second product of a Newton-Schulz step: B ← bA + cAA. A is symmetric, so AA is A Aᵀ.

fn innerOf(matrix: Matrix) -> u32 {
  return shortSide(matrix);
}

fn leftAt(matrix: Matrix, i: u32, k: u32) -> f32 {
  return source[matrix.square + i * shortSide(matrix) + k];
}

fn isLeftAlongInner(matrix: Matrix) -> bool {
  return true;
}

fn entry(terms: Terms, at: u32, sum: f32) -> f32 {
  return terms.b * source[at] + terms.c * sum;
}
