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

@group(0) @binding(0) var<storage, read> ids: array<u32>; // [IDS]
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
  for (var n = first; n < min(first + BLOCK, IDS); n++) {
    let id = ids[n];
    if (id % BUCKETS == bucket && id < ROWS) {
      if (last == NONE) {
        head = n;
      } else {
        next[last] = n;
      }
      last = n;
    }
  }
  heads[item] = head;
  if (last != NONE) {
    next[last] = NONE;
  }
}
