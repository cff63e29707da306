// LANES lanes a row, a power of two, and as many rows a workgroup as fit; a fixed tree in workgroup memory combines what
// the lanes of a row have.
// The file before it has `compute(row, lane)`, whose loops over a row start at `lane` and step by LANES.

override GRID_WIDTH: u32;
override ROWS: u32;
override COLUMNS: u32;
override WIDTH: u32; // groups of a row
override LANES: u32;

const WORKGROUP = 256u;
const LOWEST = -3.4028234663852886e38;
const NO_COLUMN = 0xffffffffu;

var<workgroup> numbers: array<f32, WORKGROUP>;
var<workgroup> columns: array<u32, WORKGROUP>;
var<private> own: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  own = index;
  let row = (workgroup.y * GRID_WIDTH + workgroup.x) * (WORKGROUP / LANES) + index / LANES;
  // All lanes must reach all barriers: those of a row that is not there begin behind its end, and so do nothing else.
  let lane = index % LANES;
  compute(min(row, ROWS - 1u), select(lane + WIDTH, lane, row < ROWS));
}

fn rowSum(value: f32) -> f32 {
  numbers[own] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own % LANES < half) {
      numbers[own] += numbers[own + half];
    }
  }
  workgroupBarrier();
  let sum = numbers[own - own % LANES];
  workgroupBarrier(); // Nobody may begin the next tree before all have read this one.
  return sum;
}

fn rowLargest(value: f32) -> f32 {
  numbers[own] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own % LANES < half) {
      numbers[own] = max(numbers[own], numbers[own + half]);
    }
  }
  workgroupBarrier();
  let largest = numbers[own - own % LANES];
  workgroupBarrier();
  return largest;
}

fn rowFirst(column: u32) -> u32 {
  columns[own] = column;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own % LANES < half) {
      columns[own] = min(columns[own], columns[own + half]);
    }
  }
  workgroupBarrier();
  let first = columns[own - own % LANES];
  workgroupBarrier();
  return first;
}
