// Rows of a table, PyTorch's embedding: y[n] = table[ids[n]], zeros for an id that is no row.
// A file that opens with `Element` says how many numbers a lane takes.

override GRID_WIDTH: u32;
override ROWS: u32; // of the table
override WIDTH: u32; // elements in a row
override IDS: u32;
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> table: array<Element>; // [ROWS, WIDTH]
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [IDS]
@group(0) @binding(2) var<storage, read_write> y: array<Element>; // [IDS, WIDTH]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= IDS * WIDTH) {
    return;
  }
  let id = ids[item / WIDTH];
  var element = Element();
  if (id < ROWS) {
    element = table[id * WIDTH + item % WIDTH];
  }
  y[item] = element;
}
