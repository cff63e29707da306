// A workgroup of LANES lanes a row: each subgroup combines what its lanes have, and then each lane what the subgroups have,
// in their order.
// The file before it has `compute(row, lane)`, whose loops over a row start at `lane` and step by LANES.

override GRID_WIDTH: u32;
override ROWS: u32;
override COLUMNS: u32;
override WIDTH: u32; // groups of a row
override LANES: u32; // 256 at most

const LOWEST = -3.4028234663852886e38;
const NO_COLUMN = 0xffffffffu;

// Of each subgroup; there are no more than lanes.
var<workgroup> numbers: array<f32, LANES>;
var<workgroup> columns: array<u32, LANES>;
var<private> own: Subgroup;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * GRID_WIDTH + workgroup.x;
  if (row >= ROWS) {
    return;
  }
  own = subgroupOf(lane);
  compute(row, lane);
}

fn rowSum(value: f32) -> f32 {
  shareNumber(subgroupAdd(value));
  var sum = 0.0;
  for (var i = 0u; i < own.count; i++) {
    sum += numbers[i];
  }
  return sum;
}

fn rowLargest(value: f32) -> f32 {
  shareNumber(subgroupMax(value));
  var largest = LOWEST;
  for (var i = 0u; i < own.count; i++) {
    largest = max(largest, numbers[i]);
  }
  return largest;
}

fn rowFirst(column: u32) -> u32 {
  let ofSubgroup = subgroupMin(column);
  workgroupBarrier();
  if (own.isFirstLane) {
    columns[own.number] = ofSubgroup;
  }
  workgroupBarrier();
  var first = NO_COLUMN;
  for (var i = 0u; i < own.count; i++) {
    first = min(first, columns[i]);
  }
  return first;
}

fn shareNumber(ofSubgroup: f32) {
  workgroupBarrier(); // All have read what was there.
  if (own.isFirstLane) {
    numbers[own.number] = ofSubgroup;
  }
  workgroupBarrier();
}
