// The sums of the right operand's columns, which are a bias's gradient where the product is that of the weights.
//   db[j] = Σₖ right(k, j)
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), algorithm 6.4. Who makes the first rows of the product has the
// right operand in hand, and gives the sums of its columns to
//   fn storeColumnSums(batch: u32, column: u32, value: vec4f)
// of a part that comes after it.

const SUMS_COLUMNS = true;

// sum and the four lines of a block of right, one after the other.
fn addLines(sum: vec4f, block: mat4x4f) -> vec4f {
  return sum + block[0] + block[1] + block[2] + block[3];
}

fn storeColumnSumsWithin(piece: u32, column: u32, sum: vec4f) {
  if (column < COLUMNS) {
    storeColumnSums(piece, column, sum);
  }
}
