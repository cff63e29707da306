// One lane for each group of columns of each block of rows; neighbouring lanes take neighbouring columns. Where the rows are
// those of several copies, one after the other, no block has rows of two.
// The file before it has `compute(block, group)`.

override GRID_WIDTH: u32;
override ROWS: u32; // of a copy
override WIDTH: u32; // groups of a row
override BLOCK: u32; // rows of a block, but for the last of a copy
override COPY_BLOCKS: u32; // of a copy
override BLOCKS: u32; // of all copies

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

fn startOf(block: u32) -> u32 {
  return block / COPY_BLOCKS * ROWS + block % COPY_BLOCKS * BLOCK;
}

fn endOf(block: u32) -> u32 {
  return min(startOf(block) + BLOCK, (block / COPY_BLOCKS + 1u) * ROWS);
}
