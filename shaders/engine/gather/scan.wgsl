// The gradient of a table of few rows: dtable[v] = Σ dy[n] over the n with ids[n] = v, in the order of n.
// Each lane reads all ids. A file that opens with `Element` says how many numbers of a row it takes.

override GRID_WIDTH: u32;
override ROWS: u32; // of the table
override WIDTH: u32; // elements in a row
override IDS: u32;
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> ids: array<vec4u>; // [IDS], and what pads it
@group(0) @binding(1) var<storage, read> dy: array<Element>; // [IDS, WIDTH]
@group(0) @binding(2) var<storage, read_write> dtable: array<Element>; // [ROWS, WIDTH]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= ROWS * WIDTH) {
    return;
  }
  let row = item / WIDTH;
  let d = item % WIDTH;
  var sum = Element();
  for (var n = 0u; n < IDS; n += 4u) {
    let isHere = (ids[n / 4u] == vec4u(row)) & (n + vec4u(0u, 1u, 2u, 3u) < vec4u(IDS));
    if (any(isHere)) {
      if (isHere.x) { sum += dy[n * WIDTH + d]; }
      if (isHere.y) { sum += dy[(n + 1u) * WIDTH + d]; }
      if (isHere.z) { sum += dy[(n + 2u) * WIDTH + d]; }
      if (isHere.w) { sum += dy[(n + 3u) * WIDTH + d]; }
    }
  }
  dtable[item] = sum;
}
