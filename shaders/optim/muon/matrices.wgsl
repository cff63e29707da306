// The matrices that the Newton-Schulz iteration works on, and what it multiplies them with. After rows.wgsl, whose rows of
// scalars the matrices have.

/// One matrix X, [rows, columns], row by row. Its products X Xᵀ or Xᵀ X, whichever is smaller, are [short, short].
struct Matrix {
  x: u32, // first element, in the windows of X
  square: u32, // first element, in the windows of the products
  rows: u32,
  columns: u32,
  tensor: u32, // the tensor's number
  row: u32, // the tensor's row of scalars
  isActive: u32, // 0 where the tensor is frozen
  original: f32, // √max(1, rows / columns)
  matchRmsAdamw: f32, // 0.2 √max(rows, columns)
}

/// What one workgroup makes: SIDE × SIDE elements of the product of a matrix.
struct Block {
  matrix: u32,
  row: u32, // first of the product
  column: u32,
}

/// Where in the iteration a step is.
struct Phase {
  isFirst: u32,
  isLast: u32,
}

/// The numbers of one step of one matrix: X ← aX + BX, B = bA + cAA.
struct Terms {
  a: f32,
  b: f32,
  c: f32,
  inverseNorm: f32, // 1 but in the first step
  adjustment: f32, // 1 but in the last step
}

@group(0) @binding(0) var<storage, read> blocks: array<Block>;
@group(0) @binding(1) var<storage, read> matrices: array<Matrix>;
@group(0) @binding(2) var<uniform> phase: Phase;
@group(1) @binding(0) var<storage, read> totals: array<f32>; // ‖X‖², by the tensor's number

fn isTall(matrix: Matrix) -> bool {
  return matrix.rows > matrix.columns;
}

fn shortSide(matrix: Matrix) -> u32 {
  return min(matrix.rows, matrix.columns);
}

fn termsOf(matrix: Matrix) -> Terms {
  let h = rowAt(firstRow() + matrix.row).hyper;
  var terms = Terms(h.nsA, h.nsB, h.nsC, 1.0, 1.0);
  if (phase.isFirst != 0u) {
    terms.inverseNorm = 1.0 / max(sqrt(totals[matrix.tensor]), h.eps);
  }
  if (phase.isLast != 0u) {
    terms.adjustment = select(matrix.original, matrix.matchRmsAdamw, h.matchesRmsAdamw != 0.0);
  }
  return terms;
}
