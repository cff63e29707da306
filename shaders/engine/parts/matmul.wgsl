// The body of the three matmuls. Each lane makes an 8 × 8 tile of the product as four 4 × 4 blocks in registers: no
// workgroup memory and no barriers.
//   product[i, j] = Σₖ left(i, k) right(k, j)
// Every element is summed one product at a time, in the order of k and starting from zero, so its bits do not depend on
// tile, workgroup or grid. A file that opens with `leftBlock`, `rightBlock` and `finish` says what left and right are.

override GRID_WIDTH: u32;
const WORKGROUP = 32u;

// Of a matrix in memory: row-major, dense.
struct Size {
  rows: u32,
  columns: u32,
}

// The product is [rows, columns]; `inner` is what is summed over.
struct Shape {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Neighbouring lanes take neighbouring columns: they share the left operand and read the right one side by side.
  let tilesAcross = (shape.columns + 7u) / 8u;
  let tile = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let row = tile / tilesAcross * 8u;
  let column = tile % tilesAcross * 8u;
  if (row >= shape.rows) {
    return;
  }
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var k = 0u; k < shape.inner; k += 4u) {
    let right0 = rightBlock(k, column);
    let right1 = rightBlock(k, column + 4u);
    let left0 = leftBlock(row, k);
    sum00 = addProduct(sum00, left0, right0);
    sum01 = addProduct(sum01, left0, right1);
    let left1 = leftBlock(row + 4u, k);
    sum10 = addProduct(sum10, left1, right0);
    sum11 = addProduct(sum11, left1, right1);
  }
  finish(row, column, sum00);
  finish(row, column + 4u, sum01);
  finish(row + 4u, column, sum10);
  finish(row + 4u, column + 4u, sum11);
}

// sum + left · right, of blocks whose rows are the columns of a mat4x4f.
fn addProduct(sum: mat4x4f, left: mat4x4f, right: mat4x4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + left[0].x * right[0] + left[0].y * right[1] + left[0].z * right[2] + left[0].w * right[3],
    sum[1] + left[1].x * right[0] + left[1].y * right[1] + left[1].z * right[2] + left[1].w * right[3],
    sum[2] + left[2].x * right[0] + left[2].y * right[1] + left[2].z * right[2] + left[2].w * right[3],
    sum[3] + left[3].x * right[0] + left[3].y * right[1] + left[3].z * right[2] + left[3].w * right[3],
  );
}

// Four rows of a matrix in memory, four elements of each.
fn blockOfLeft(row: u32, column: u32, size: Size) -> mat4x4f {
  return mat4x4f(
    loadLeft(row, column, size),
    loadLeft(row + 1u, column, size),
    loadLeft(row + 2u, column, size),
    loadLeft(row + 3u, column, size),
  );
}

fn blockOfRight(row: u32, column: u32, size: Size) -> mat4x4f {
  return mat4x4f(
    loadRight(row, column, size),
    loadRight(row + 1u, column, size),
    loadRight(row + 2u, column, size),
    loadRight(row + 3u, column, size),
  );
}
