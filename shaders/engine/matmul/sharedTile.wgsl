// A matmul through workgroup memory: a workgroup of LANES × LANES makes a tile of 4 LANES × 4 LANES, each lane a 4 × 4
// block of it, from panels of the operands that are 16 deep. Every element is summed one product at a time, in the order
// of k and starting from zero.
// Panels lie in workgroup memory as they do in memory, so that loads are coalesced and nothing is transposed but blocks in
// registers. Where k runs along a line, four lines are a group of 16 vec4s, and groups are 17 apart: the groups that
// neighbouring lanes read then begin in different banks.

override LANES: u32; // 16, or 8 for small products
const DEPTH = 16u;

var<workgroup> leftPanel: array<vec4f, 17u * LANES>;
var<workgroup> rightPanel: array<vec4f, 17u * LANES>;

@compute @workgroup_size(LANES, LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) id: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tilesAcross = (COLUMNS + 4u * LANES - 1u) / (4u * LANES);
  let tilesDown = (ROWS + 4u * LANES - 1u) / (4u * LANES);
  let tile = workgroup.y * GRID_WIDTH + workgroup.x;
  let piece = tile / tilesAcross / tilesDown;
  let row = tile / tilesAcross % tilesDown * 4u * LANES;
  let column = tile % tilesAcross * 4u * LANES;
  if (piece >= BATCH * SPLITS) {
    return;
  }
  let hasFirstRow = row + id.y == 0u;
  var sum = mat4x4f();
  var columns = vec4f();
  for (var k = firstOfPiece(piece); k < endOfPiece(piece); k += DEPTH) {
    for (var i = lane; i < DEPTH * LANES; i += LANES * LANES) {
      fillLeft(piece, row, k, i);
      fillRight(piece, k, column, i);
    }
    workgroupBarrier();
    for (var quarter = 0u; quarter < DEPTH / 4u; quarter++) {
      let right = rightOfPanel(quarter, id.x);
      sum = addProduct(sum, leftOfPanel(id.y, quarter), right);
      if (SUMS_COLUMNS && hasFirstRow) {
        columns = addLines(columns, right);
      }
    }
    workgroupBarrier();
  }
  storeBlock(piece, row + 4u * id.y, column + 4u * id.x, sum);
  if (SUMS_COLUMNS && hasFirstRow) {
    storeColumnSumsWithin(piece, column + 4u * id.x, columns);
  }
}

fn fillLeft(piece: u32, row: u32, k: u32, i: u32) {
  if (LEFT_IS_TRANSPOSED) {
    leftPanel[i] = lineInside(loadLeft(placeInLeft(piece, k + i / LANES, row + i % LANES * 4u)), k + i / LANES);
  } else {
    let first = k + i % 4u * 4u;
    leftPanel[i + i / 16u] = partInside(loadLeft(placeInLeft(piece, row + i / 4u, first)), first);
  }
}

fn fillRight(piece: u32, k: u32, column: u32, i: u32) {
  if (RIGHT_IS_TRANSPOSED) {
    let first = k + i % 4u * 4u;
    rightPanel[i + i / 16u] = partInside(loadRight(placeInRight(piece, column + i / 4u, first)), first);
  } else {
    rightPanel[i] = lineInside(loadRight(placeInRight(piece, k + i / LANES, column + i % LANES * 4u)), k + i / LANES);
  }
}

// Zeros where k is beyond INNER.
fn lineInside(value: vec4f, k: u32) -> vec4f {
  return select(vec4f(), value, k < INNER);
}

fn partInside(value: vec4f, k: u32) -> vec4f {
  return select(vec4f(), value, fourFrom(k) < vec4u(INNER));
}

// Line i is left(4 group + i, 4 quarter … 4 quarter + 3), counted within the panel.
fn leftOfPanel(group: u32, quarter: u32) -> mat4x4f {
  if (LEFT_IS_TRANSPOSED) {
    let at = quarter * 4u * LANES + group;
    return transpose(
      mat4x4f(leftPanel[at], leftPanel[at + LANES], leftPanel[at + 2u * LANES], leftPanel[at + 3u * LANES]),
    );
  }
  let at = group * 17u + quarter;
  return mat4x4f(leftPanel[at], leftPanel[at + 4u], leftPanel[at + 8u], leftPanel[at + 12u]);
}

// Line i is right(4 quarter + i, 4 group … 4 group + 3), counted within the panel.
fn rightOfPanel(quarter: u32, group: u32) -> mat4x4f {
  if (RIGHT_IS_TRANSPOSED) {
    let at = group * 17u + quarter;
    return transpose(mat4x4f(rightPanel[at], rightPanel[at + 4u], rightPanel[at + 8u], rightPanel[at + 12u]));
  }
  let at = quarter * 4u * LANES + group;
  return mat4x4f(rightPanel[at], rightPanel[at + LANES], rightPanel[at + 2u * LANES], rightPanel[at + 3u * LANES]);
}
