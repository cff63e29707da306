// The gradient of a table of many rows: dtable[v] = Σ dy[n] over the n with ids[n] = v, in the order of n, which
// `occurrences` leads through. A file that opens with `Element` says how many numbers of a row a lane takes.

override GRID_WIDTH: u32;
override ROWS: u32; // of the table
override WIDTH: u32; // elements in a row
const WORKGROUP = 64u;
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> occurrences: array<u32>; // the first of each row, the next after each n
@group(0) @binding(1) var<storage, read> dy: array<Element>; // [IDS, WIDTH]
@group(0) @binding(2) var<storage, read_write> dtable: array<Element>; // [ROWS, WIDTH]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= ROWS * WIDTH) {
    return;
  }
  let d = item % WIDTH;
  var sum = Element();
  for (var n = occurrences[item / WIDTH]; n != NONE; n = occurrences[ROWS + n]) {
    sum += dy[n * WIDTH + d];
  }
  dtable[item] = sum;
}
