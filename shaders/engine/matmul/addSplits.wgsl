// The product from its pieces, in which the sum over k was split: they are added one after the other, from zero.
//   product[b, i, j] = Σₛ pieces[s, b, i, j]

const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> pieces: array<vec4f>; // [splits, batch, rows, columns / 4]
@group(0) @binding(1) var<storage, read> columnSumsOfPieces: array<vec4f>; // [splits, batch, columns / 4]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let fours = (COLUMNS + 3u) / 4u;
  let at = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let batch = at / fours / ROWS;
  let row = at / fours % ROWS;
  let four = at % fours;
  if (batch >= BATCH) {
    return;
  }
  var sum = vec4f();
  for (var split = 0u; split < SPLITS; split++) {
    sum += pieces[split * (BATCH * ROWS * fours) + at];
  }
  store(batch, row, four * 4u, sum);
  if (SUMS_COLUMNS && row == 0u) {
    var columns = vec4f();
    for (var split = 0u; split < SPLITS; split++) {
      columns += columnSumsOfPieces[(split * BATCH + batch) * fours + four];
    }
    storeColumnSumsWithin(batch, four * 4u, columns);
  }
}
