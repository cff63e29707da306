// What one lane knows: where its elements are, and the step's scalars for their tensor.
// A rule brings `struct Hyper`.

/// What every rule has.
struct General {
  ascent: f32, // -1 to maximize, else 1
  isFirst: f32, // 1 at the tensor's first update, else 0
  averageShare: f32, // 1 - the average's decay; 1 at the first update
  averageKeep: f32,
  seed: u32,
}

/// 128 bytes for every rule, so that the rows of several rules are of one kind.
struct Row {
  general: General,
  @size(108) hyper: Hyper,
}

struct Place {
  param: u32, // indices in Wides
  grad: u32,
  state: u32,
  general: General,
  tensor: u32,
  index: u32, // the first element within its tensor
  count: u32, // elements that are the tensor's
  pack: u32, // the tensor's packed states and its sides: see struct Tile
  matrices: u32,
  rows: u32,
  columns: u32,
}

fn rowOf(tile: Tile) -> Row {
  return rowAt(firstRow() + tile.row);
}

/// The i-th Wide of a tile.
fn placeOf(tile: Tile, general: General, i: u32) -> Place {
  return Place(
    tile.param + i,
    tile.grad + i,
    tile.state + i,
    general,
    tile.tensor,
    tile.first + i * WIDTH,
    countOf(tile, i),
    tile.pack,
    tile.matrices,
    tile.rows,
    tile.columns,
  );
}

/// Elements of the whole tensor.
fn elementsOf(at: Place) -> f32 {
  return f32(at.matrices * at.rows * max(at.columns, 1u));
}

fn isFirst(at: Place) -> bool {
  return at.general.isFirst != 0.0;
}
