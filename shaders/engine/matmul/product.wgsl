// What all matmuls know of their product.
//   product[b, i, j] = Σₖ left(b, i, k) right(b, k, j)
// Golub & Van Loan, "Matrix Computations" (4th edition, 2013), section 1.1. A body (`registerTile.wgsl`, …)
// hands what it has to
//   fn store(batch: u32, row: u32, column: u32, value: vec4f)
// of a part that comes after it: four neighbouring columns of one row that is in the product, of which the first is.
// Where the sum over k is split, a body makes SPLITS products of CHUNK terms each, and `addSplits.wgsl` adds them up:
// piece b + BATCH s is split s of batch b, and is stored as batch b + BATCH s.

override GRID_WIDTH: u32;
override BATCH: u32;
override ROWS: u32;
override COLUMNS: u32;
override INNER: u32;
override SPLITS: u32;
override CHUNK: u32; // a multiple of 16

fn firstOfPiece(piece: u32) -> u32 {
  return piece / BATCH * CHUNK;
}

// Where the sum over k ends.
fn endOfPiece(piece: u32) -> u32 {
  return min(firstOfPiece(piece) + CHUNK, INNER);
}

fn fourFrom(first: u32) -> vec4u {
  return vec4u(first, first + 1u, first + 2u, first + 3u);
}

fn storeBlock(piece: u32, row: u32, column: u32, sum: mat4x4f) {
  storeWithin(piece, row, column, sum[0]);
  storeWithin(piece, row + 1u, column, sum[1]);
  storeWithin(piece, row + 2u, column, sum[2]);
  storeWithin(piece, row + 3u, column, sum[3]);
}

fn storeWithin(piece: u32, row: u32, column: u32, value: vec4f) {
  if (row < ROWS && column < COLUMNS) {
    store(piece, row, column, value);
  }
}
