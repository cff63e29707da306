// Ids by bucket, the first of three launches for the gradient of a table of many rows. The ids of a block that are the
// same modulo BUCKETS are linked to a chain, in their order: `heads` has where each chain starts, `next` where it goes on.
// Reading every id once for each bucket, and no atomics, so the chains are the same on every run.

override GRID_WIDTH: u32;
override ROWS: u32; // of the table
override IDS: u32;
override BLOCKS: u32;
const WORKGROUP = 64u;
const BUCKETS = 256u;
const BLOCK = 1024u; // ids in a block
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> ids: array<vec4u>; // [IDS], and what pads it
@group(0) @binding(1) var<storage, read_write> heads: array<u32>; // [BLOCKS, BUCKETS]
@group(0) @binding(2) var<storage, read_write> next: array<u32>; // [IDS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= BLOCKS * BUCKETS) {
    return;
  }
  let first = item / BUCKETS * BLOCK;
  let bucket = item % BUCKETS;
  var head = NONE;
  var last = NONE;
  for (var n = first; n < min(first + BLOCK, IDS); n += 4u) {
    let four = ids[n / 4u];
    let isHere = (four % BUCKETS == vec4u(bucket)) & (four < vec4u(ROWS));
    if (any(isHere)) {
      for (var k = 0u; k < 4u; k++) {
        if (isHere[k] && n + k < IDS) {
          if (last == NONE) {
            head = n + k;
          } else {
            next[last] = n + k;
          }
          last = n + k;
        }
      }
    }
  }
  heads[item] = head;
  if (last != NONE) {
    next[last] = NONE;
  }
}
