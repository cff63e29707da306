// How the tensors of a dispatch are cut up: one workgroup a tile, one lane a Wide or, round by round, several.

override WORKGROUP_SIZE: u32 = 256;
override GRID_WIDTH: u32 = 65535;

/// Neighbouring Wides of one tensor: a round has WORKGROUP_SIZE of them. Offsets count Wides from the start of each binding.
struct Tile {
  param: u32,
  grad: u32,
  state: u32,
  elements: u32, // padding left out; 0 where the tensor is frozen
  first: u32, // the tile's first element within its tensor
  row: u32, // the tensor's row of scalars
  tensor: u32, // the tensor's number
  slot: u32, // the tile's number
  pack: u32, // where the tensor's packed states begin, in floats
  matrices: u32, // that the tensor is, by its last two sides
  rows: u32, // of a matrix; of a tensor of fewer sides its elements
  columns: u32, // 0 for a tensor of fewer sides
}

@group(0) @binding(2) var<storage, read> tiles: array<Tile>;

fn tileIndex(workgroup: vec3u) -> u32 {
  return workgroup.y * GRID_WIDTH + workgroup.x;
}

/// How many elements of the tensor the i-th Wide of a tile has.
fn countOf(tile: Tile, i: u32) -> u32 {
  return min(tile.elements - min(i * WIDTH, tile.elements), WIDTH);
}
