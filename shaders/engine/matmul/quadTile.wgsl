// A matmul in registers whose lanes share what they load. A quad of lanes makes a tile of 32 × 32; each has all of its rows
// and 8 of its columns, as sixteen 4 × 4 blocks. No workgroup memory and no barriers. Every element is summed one product at
// a time, in the order of k and starting from zero.

const WORKGROUP = 16u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tilesAcross = (COLUMNS + 31u) / 32u;
  let tilesDown = (ROWS + 31u) / 32u;
  let tile = (workgroup.y * GRID_WIDTH + workgroup.x) * (WORKGROUP / 4u) + lane / 4u;
  let piece = tile / tilesAcross / tilesDown;
  let row = tile / tilesAcross % tilesDown * 32u;
  let column = tile % tilesAcross * 32u + lane % 4u * 8u;
  if (piece >= BATCH * SPLITS) {
    return;
  }
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  var sum20 = mat4x4f();
  var sum21 = mat4x4f();
  var sum30 = mat4x4f();
  var sum31 = mat4x4f();
  var sum40 = mat4x4f();
  var sum41 = mat4x4f();
  var sum50 = mat4x4f();
  var sum51 = mat4x4f();
  var sum60 = mat4x4f();
  var sum61 = mat4x4f();
  var sum70 = mat4x4f();
  var sum71 = mat4x4f();
  var columns0 = vec4f();
  var columns1 = vec4f();
  for (var k = firstOfPiece(piece); k < endOfPiece(piece); k += 4u) {
    let right0 = rightBlock(piece, k, column);
    let right1 = rightBlock(piece, k, column + 4u);
    let left0 = leftBlockOfQuad(piece, row, k, lane % 4u);
    sum00 = addProduct(sum00, left0, right0);
    sum01 = addProduct(sum01, left0, right1);
    let left1 = leftBlockOfQuad(piece, row + 4u, k, lane % 4u);
    sum10 = addProduct(sum10, left1, right0);
    sum11 = addProduct(sum11, left1, right1);
    let left2 = leftBlockOfQuad(piece, row + 8u, k, lane % 4u);
    sum20 = addProduct(sum20, left2, right0);
    sum21 = addProduct(sum21, left2, right1);
    let left3 = leftBlockOfQuad(piece, row + 12u, k, lane % 4u);
    sum30 = addProduct(sum30, left3, right0);
    sum31 = addProduct(sum31, left3, right1);
    let left4 = leftBlockOfQuad(piece, row + 16u, k, lane % 4u);
    sum40 = addProduct(sum40, left4, right0);
    sum41 = addProduct(sum41, left4, right1);
    let left5 = leftBlockOfQuad(piece, row + 20u, k, lane % 4u);
    sum50 = addProduct(sum50, left5, right0);
    sum51 = addProduct(sum51, left5, right1);
    let left6 = leftBlockOfQuad(piece, row + 24u, k, lane % 4u);
    sum60 = addProduct(sum60, left6, right0);
    sum61 = addProduct(sum61, left6, right1);
    let left7 = leftBlockOfQuad(piece, row + 28u, k, lane % 4u);
    sum70 = addProduct(sum70, left7, right0);
    sum71 = addProduct(sum71, left7, right1);
    if (SUMS_COLUMNS && row == 0u) {
      columns0 = addLines(columns0, right0);
      columns1 = addLines(columns1, right1);
    }
  }
  // One copy of what stores, which may be long, instead of 64: it takes far less time to compile.
  let blocks = array(
    sum00, sum01, sum10, sum11, sum20, sum21, sum30, sum31, sum40, sum41, sum50, sum51, sum60, sum61, sum70, sum71,
  );
  for (var i = 0u; i < 64u; i++) {
    storeWithin(piece, row + i / 8u * 4u + i % 4u, column + i / 4u % 2u * 4u, blocks[i / 4u][i % 4u]);
  }
  if (SUMS_COLUMNS && row == 0u) {
    storeColumnSumsWithin(piece, column, columns0);
    storeColumnSumsWithin(piece, column + 4u, columns1);
  }
}
