// The body of the products of the Newton-Schulz iteration, for many matrices in one dispatch.
//   product[i, j] = Σₖ left(i, k) right(k, j)
// A workgroup takes DEPTH columns of left and DEPTH rows of right at a time into workgroup memory, from where each of its
// lanes makes four blocks of 4 × 4 elements in registers.
// Every element is summed one product at a time, in the order of k and starting from zero, so its bits do not depend on
// block, workgroup or grid. What a file that stands on this one brings: `extentOf`, `leftAt` and `rightAt`, whether those
// lie side by side along k (`isLeftAlongInner`, `isRightAlongInner`), and `store`.

const SIDE = 64u;
const DEPTH = 16u;
const FOURS = SIDE / 4u;
const HALF = FOURS / 2u;
const LANES = HALF * HALF;
const STRIDE = FOURS + 1u; // Lanes that store along k meet different banks of workgroup memory.

/// The product is [rows, columns]; `inner` is what is summed over.
struct Extent {
  rows: u32,
  columns: u32,
  inner: u32,
}

/// [k][i / 4] of left, [k][j / 4] of right.
var<workgroup> leftPanel: array<vec4f, DEPTH * STRIDE>;
var<workgroup> rightPanel: array<vec4f, DEPTH * STRIDE>;

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
  let hasWork = block.row + row * 4u < extent.rows && block.column + column * 4u < extent.columns;
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var first = 0u; first < extent.inner; first += DEPTH) {
    fill(block, matrix, extent, first, lane);
    workgroupBarrier();
    if (hasWork) {
      for (var k = 0u; k < DEPTH; k++) {
        let left0 = leftPanel[k * STRIDE + row];
        let left1 = leftPanel[k * STRIDE + row + HALF];
        let right0 = rightPanel[k * STRIDE + column];
        let right1 = rightPanel[k * STRIDE + column + HALF];
        sum00 = addProduct(sum00, left0, right0);
        sum01 = addProduct(sum01, left0, right1);
        sum10 = addProduct(sum10, left1, right0);
        sum11 = addProduct(sum11, left1, right1);
      }
    }
    workgroupBarrier();
  }
  if (hasWork) {
    let terms = termsOf(matrix);
    let i = block.row + row * 4u;
    let j = block.column + column * 4u;
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

/// Brings the next columns of left and rows of right in, with zeros beyond the matrix. Neighbouring lanes read what lies
/// side by side.
fn fill(block: Block, matrix: Matrix, extent: Extent, first: u32, lane: u32) {
  let near = lane % DEPTH;
  for (var far = lane / DEPTH; far < DEPTH; far += LANES / DEPTH) {
    let left = select(vec2u(far, near), vec2u(near, far), isLeftAlongInner(matrix));
    leftPanel[left.x * STRIDE + left.y] = leftFour(matrix, extent, block.row + left.y * 4u, first + left.x);
    let right = select(vec2u(far, near), vec2u(near, far), isRightAlongInner(matrix));
    rightPanel[right.x * STRIDE + right.y] = rightFour(matrix, extent, first + right.x, block.column + right.y * 4u);
  }
}

fn leftFour(matrix: Matrix, extent: Extent, i: u32, k: u32) -> vec4f {
  var four = vec4f();
  if (k < extent.inner) {
    if (i < extent.rows) { four.x = leftAt(matrix, i, k); }
    if (i + 1u < extent.rows) { four.y = leftAt(matrix, i + 1u, k); }
    if (i + 2u < extent.rows) { four.z = leftAt(matrix, i + 2u, k); }
    if (i + 3u < extent.rows) { four.w = leftAt(matrix, i + 3u, k); }
  }
  return four;
}

fn rightFour(matrix: Matrix, extent: Extent, k: u32, j: u32) -> vec4f {
  var four = vec4f();
  if (k < extent.inner) {
    if (j < extent.columns) { four.x = rightAt(matrix, k, j); }
    if (j + 1u < extent.columns) { four.y = rightAt(matrix, k, j + 1u); }
    if (j + 2u < extent.columns) { four.z = rightAt(matrix, k, j + 2u); }
    if (j + 3u < extent.columns) { four.w = rightAt(matrix, k, j + 3u); }
  }
  return four;
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
