// A matmul in registers whose lanes share what they load, for products of few rows or columns: `quadTile.wgsl` with a tile of
// 16 × 16, of which each lane has 4 columns, as four 4 × 4 blocks.

const WORKGROUP = 16u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tilesAcross = (COLUMNS + 15u) / 16u;
  let tilesDown = (ROWS + 15u) / 16u;
  let tile = (workgroup.y * GRID_WIDTH + workgroup.x) * (WORKGROUP / 4u) + lane / 4u;
  let piece = tile / tilesAcross / tilesDown;
  let row = tile / tilesAcross % tilesDown * 16u;
  let column = tile % tilesAcross * 16u + lane % 4u * 4u;
  if (piece >= BATCH * SPLITS) {
    return;
  }
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  var columns = vec4f();
  for (var k = firstOfPiece(piece); k < endOfPiece(piece); k += 4u) {
    let right = rightBlock(piece, k, column);
    sum0 = addProduct(sum0, leftBlockOfQuad(piece, row, k, lane % 4u), right);
    sum1 = addProduct(sum1, leftBlockOfQuad(piece, row + 4u, k, lane % 4u), right);
    sum2 = addProduct(sum2, leftBlockOfQuad(piece, row + 8u, k, lane % 4u), right);
    sum3 = addProduct(sum3, leftBlockOfQuad(piece, row + 12u, k, lane % 4u), right);
    if (SUMS_COLUMNS && row == 0u) {
      columns = addLines(columns, right);
    }
  }
  // One copy of what stores, as in `quadTile.wgsl`.
  let blocks = array(sum0, sum1, sum2, sum3);
  for (var i = 0u; i < 16u; i++) {
    storeWithin(piece, row + i, column, blocks[i / 4u][i % 4u]);
  }
  if (SUMS_COLUMNS && row == 0u) {
    storeColumnSumsWithin(piece, column, columns);
  }
}
