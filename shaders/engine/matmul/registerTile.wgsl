// A matmul in registers. Each lane makes an 8 × 8 tile of the product as four 4 × 4 blocks: no workgroup memory and no
// barriers. Every element is summed one product at a time, in the order of k and starting from zero, so its bits do not
// depend on tile, workgroup or grid.

const WORKGROUP = 32u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Neighbouring lanes take neighbouring columns: they share the left operand and read the right one side by side.
  let tilesAcross = (COLUMNS + 7u) / 8u;
  let tilesDown = (ROWS + 7u) / 8u;
  let tile = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let piece = tile / tilesAcross / tilesDown;
  let row = tile / tilesAcross % tilesDown * 8u;
  let column = tile % tilesAcross * 8u;
  if (piece >= BATCH * SPLITS) {
    return;
  }
  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  var columns0 = vec4f();
  var columns1 = vec4f();
  for (var k = firstOfPiece(piece); k < endOfPiece(piece); k += 4u) {
    let right0 = rightBlock(piece, k, column);
    let right1 = rightBlock(piece, k, column + 4u);
    let left0 = leftBlock(piece, row, k);
    sum00 = addProduct(sum00, left0, right0);
    sum01 = addProduct(sum01, left0, right1);
    let left1 = leftBlock(piece, row + 4u, k);
    sum10 = addProduct(sum10, left1, right0);
    sum11 = addProduct(sum11, left1, right1);
    if (SUMS_COLUMNS && row == 0u) {
      columns0 = addLines(columns0, right0);
      columns1 = addLines(columns1, right1);
    }
  }
  storeBlock(piece, row, column, sum00);
  storeBlock(piece, row, column + 4u, sum01);
  storeBlock(piece, row + 4u, column, sum10);
  storeBlock(piece, row + 4u, column + 4u, sum11);
  if (SUMS_COLUMNS && row == 0u) {
    storeColumnSumsWithin(piece, column, columns0);
    storeColumnSumsWithin(piece, column + 4u, columns1);
  }
}
