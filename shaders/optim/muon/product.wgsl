// The body of the products of the Newton-Schulz iteration, for many matrices in one dispatch.
//   product[i, j] = Σₖ left(i, k) right(k, j)
// A workgroup makes SIDE × SIDE elements of one matrix, each of its lanes four blocks of 4 × 4 in registers. Every element is
// summed one product at a time, in the order of k and starting from zero, so its bits do not depend on block, workgroup or
// grid, nor on how the operands come: through workgroup memory (panels.wgsl), or from where they lie (direct.wgsl).
// What a file that stands on this one brings: `extentOf`, `leftAt` and `rightAt`, whether those lie side by side along k
// (`isLeftAlongInner`, `isRightAlongInner`), and `store`.

const SIDE = 64u;
const FOURS = SIDE / 4u;
const HALF = FOURS / 2u;
const LANES = HALF * HALF;

/// The product is [rows, columns]; `inner` is what is summed over.
struct Extent {
  rows: u32,
  columns: u32,
  inner: u32,
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&blocks) || isSkipped()) {
    return;
  }
  let block = blocks[index];
  let matrix = matrices[block.matrix];
  if (matrix.isActive == 0u) {
    return;
  }
  let extent = extentOf(matrix);
  // The first of a lane's two groups of four rows and of four columns; the second one is half a block further.
  let row = lane / HALF;
  let column = lane % HALF;
  let i = block.row + row * 4u;
  let j = block.column + column * 4u;
  let hasWork = i < extent.rows && j < extent.columns;
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var first = 0u; first < extent.inner; first += DEPTH) {
    bring(block, matrix, extent, first, lane);
    if (hasWork) {
      for (var k = 0u; k < DEPTH; k++) {
        let left0 = leftOf(block, matrix, extent, first, k, row);
        let left1 = leftOf(block, matrix, extent, first, k, row + HALF);
        let right0 = rightOf(block, matrix, extent, first, k, column);
        let right1 = rightOf(block, matrix, extent, first, k, column + HALF);
        sum00 = addProduct(sum00, left0, right0);
        sum01 = addProduct(sum01, left0, right1);
        sum10 = addProduct(sum10, left1, right0);
        sum11 = addProduct(sum11, left1, right1);
      }
    }
    leave();
  }
  if (hasWork) {
    let terms = termsOf(matrix);
    storeFours(block, matrix, extent, terms, i, j, sum00);
    storeFours(block, matrix, extent, terms, i, j + SIDE / 2u, sum01);
    storeFours(block, matrix, extent, terms, i + SIDE / 2u, j, sum10);
    storeFours(block, matrix, extent, terms, i + SIDE / 2u, j + SIDE / 2u, sum11);
  }
}

/// sum + left ⊗ right, of 4 × 4 elements whose rows are the columns of a mat4x4f.
fn addProduct(sum: mat4x4f, left: vec4f, right: vec4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + left.x * right,
    sum[1] + left.y * right,
    sum[2] + left.z * right,
    sum[3] + left.w * right,
  );
}

/// Column k of four rows of left. Beyond the last row it is that one again: what is made of it is not stored.
fn leftFour(matrix: Matrix, extent: Extent, i: u32, k: u32) -> vec4f {
  let last = extent.rows - 1u;
  return vec4f(
    leftAt(matrix, min(i, last), k),
    leftAt(matrix, min(i + 1u, last), k),
    leftAt(matrix, min(i + 2u, last), k),
    leftAt(matrix, min(i + 3u, last), k),
  );
}

/// Row k of four columns of right, likewise.
fn rightFour(matrix: Matrix, extent: Extent, k: u32, j: u32) -> vec4f {
  let last = extent.columns - 1u;
  return vec4f(
    rightAt(matrix, k, min(j, last)),
    rightAt(matrix, k, min(j + 1u, last)),
    rightAt(matrix, k, min(j + 2u, last)),
    rightAt(matrix, k, min(j + 3u, last)),
  );
}

fn storeFours(block: Block, matrix: Matrix, extent: Extent, terms: Terms, i: u32, j: u32, sums: mat4x4f) {
  // A copy: what is indexed by a variable leaves the registers, and the sums themselves are to stay there.
  var rows = sums;
  for (var r = 0u; r < 4u; r++) {
    for (var c = 0u; c < 4u; c++) {
      if (i + r < extent.rows && j + c < extent.columns) {
        store(block, matrix, terms, i + r, j + c, rows[r][c]);
      }
    }
  }
}
