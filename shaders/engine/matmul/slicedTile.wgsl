// A matmul for products of few rows, or few elements: a workgroup makes a tile of 4 rows × 4 COLUMN_LANES columns, and
// the sum over k of each of its blocks is shared out to SLICES lanes, every SLICES-th group of four k to each. A fixed
// tree adds the slices up.

override COLUMN_LANES: u32; // a power of two, and so is the next
override SLICES: u32;

var<workgroup> slices: array<vec4f, COLUMN_LANES * SLICES>;

@compute @workgroup_size(COLUMN_LANES * SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tilesAcross = (COLUMNS + 4u * COLUMN_LANES - 1u) / (4u * COLUMN_LANES);
  let tilesDown = (ROWS + 3u) / 4u;
  let tile = workgroup.y * GRID_WIDTH + workgroup.x;
  let piece = tile / tilesAcross / tilesDown;
  let row = tile / tilesAcross % tilesDown * 4u;
  if (piece >= BATCH * SPLITS) {
    return;
  }
  // Neighbouring lanes read what lies side by side in the right operand.
  let slice = select(lane / COLUMN_LANES, lane % SLICES, RIGHT_IS_TRANSPOSED);
  let columnLane = select(lane % COLUMN_LANES, lane / SLICES, RIGHT_IS_TRANSPOSED);
  let column = (tile % tilesAcross * COLUMN_LANES + columnLane) * 4u;
  var sum = mat4x4f();
  var columns = vec4f();
  for (var k = firstOfPiece(piece) + slice * 4u; k < endOfPiece(piece); k += SLICES * 4u) {
    let right = rightBlock(piece, k, column);
    sum = addProduct(sum, leftBlock(piece, row, k), right);
    if (SUMS_COLUMNS && row == 0u) {
      columns = addLines(columns, right);
    }
  }
  let total = mat4x4f(
    addSlices(sum[0], columnLane, slice),
    addSlices(sum[1], columnLane, slice),
    addSlices(sum[2], columnLane, slice),
    addSlices(sum[3], columnLane, slice),
  );
  if (slice == 0u) {
    storeBlock(piece, row, column, total);
  }
  if (SUMS_COLUMNS && row == 0u) {
    let columnTotal = addSlices(columns, columnLane, slice);
    if (slice == 0u) {
      storeColumnSumsWithin(piece, column, columnTotal);
    }
  }
}

// The sum over the slices, in the lane of the first.
fn addSlices(value: vec4f, columnLane: u32, slice: u32) -> vec4f {
  let at = slice * COLUMN_LANES + columnLane;
  workgroupBarrier(); // what was there before has been read
  slices[at] = value;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (slice < half) {
      slices[at] += slices[at + half * COLUMN_LANES];
    }
  }
  return slices[at];
}
