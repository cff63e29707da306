// Ids of rows of several tables as ids of the same rows where the tables lie one after the other:
// stacked[t, n] = t ROWS + ids[t, n]. An id that is no row of its table is none of any.

override GRID_WIDTH: u32;
override ROWS: u32; // of each table
override TABLES: u32;
override IDS: u32; // for each table
override OFFSET: u32; // of the first id
override STRIDE: u32; // from one table's ids to the next's, 0 where all have the same
const WORKGROUP = 64u;
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read_write> stacked: array<u32>; // [TABLES, IDS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= TABLES * IDS) {
    return;
  }
  let table = item / IDS;
  let id = ids[OFFSET + table * STRIDE + item % IDS];
  stacked[item] = select(NONE, table * ROWS + id, id < ROWS);
}
