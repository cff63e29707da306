// One lane a row: no barriers, and sums run in the order of the columns. For short rows, and for software adapters, where
// a barrier costs more than a row.
// The file before it has `compute(row, lane)`, whose loops over a row start at `lane` and step by LANES.

override GRID_WIDTH: u32;
override ROWS: u32;
override COLUMNS: u32;
override WIDTH: u32; // groups of a row

const WORKGROUP = 64u;
const LANES = 1u;
const LOWEST = -3.4028234663852886e38;
const NO_COLUMN = 0xffffffffu;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let row = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + index;
  if (row < ROWS) {
    compute(row, 0u);
  }
}

fn rowSum(value: f32) -> f32 {
  return value;
}

fn rowLargest(value: f32) -> f32 {
  return value;
}

fn rowFirst(column: u32) -> u32 {
  return column;
}
