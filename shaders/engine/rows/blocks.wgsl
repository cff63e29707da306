// One lane for each group of columns of each block of rows; neighbouring lanes take neighbouring columns.
// The file before it has `compute(block, group)`.

override GRID_WIDTH: u32;
override ROWS: u32;
override WIDTH: u32; // groups of a row
override BLOCK: u32; // rows of a block
override BLOCKS: u32;

const WORKGROUP = 64u;
const NO_COLUMN = 0xffffffffu;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let lane = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + index;
  let block = lane / WIDTH;
  if (block < BLOCKS) {
    compute(block, lane % WIDTH);
  }
}
