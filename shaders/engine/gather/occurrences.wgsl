// Where ids occur, from the chains of their buckets: for every row of the table the first n with that id, and for every n
// the next one with the same id. The second of three launches for the gradient of a table of many rows.

override GRID_WIDTH: u32;
override ROWS: u32; // of the table
override IDS: u32;
override BLOCKS: u32;
const WORKGROUP = 64u;
const BUCKETS = 256u;
const BLOCK = 1024u; // ids in a block
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> ids: array<u32>; // [IDS]
@group(0) @binding(1) var<storage, read> heads: array<u32>; // [BLOCKS, BUCKETS]
@group(0) @binding(2) var<storage, read> next: array<u32>; // [IDS]
@group(0) @binding(3) var<storage, read_write> occurrences: array<u32>; // [ROWS + IDS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item < ROWS) {
    occurrences[item] = find(item, 0u, heads[item % BUCKETS]);
  } else if (item - ROWS < IDS) {
    let n = item - ROWS;
    if (ids[n] < ROWS) {
      occurrences[item] = find(ids[n], n / BLOCK, next[n]);
    }
  }
}

// The first n with this id, from a link of its bucket's chain in a block on.
fn find(id: u32, firstBlock: u32, link: u32) -> u32 {
  var n = link;
  var block = firstBlock;
  loop {
    if (n == NONE) {
      block++;
      if (block >= BLOCKS) {
        return NONE;
      }
      n = heads[block * BUCKETS + id % BUCKETS];
    } else if (ids[n] == id) {
      return n;
    } else {
      n = next[n];
    }
  }
}
