// Attention by lanes on their own. A lane takes four rows of a head (its tile) against all rows that those meet, eight at a
// time (two blocks), and adds up its results where they go in memory: no workgroup memory, no barriers, and nothing that
// grows with the depth. Neighbouring lanes take the same rows of neighbouring heads, and so run for as long.
// Rows past the end are the last once more and come to the same numbers, so they may be stored.

override GRID_WIDTH: u32;
override BATCHES: u32;
override HEADS: u32;
override QUERIES: u32;
override KEYS: u32;
override GROUPS: u32; // of a head's row
override SCALE: f32;
override CAUSAL: bool;
// Where the operands' batches, times and heads are, in groups.
override Q_OFFSET: u32;
override Q_BATCH: u32;
override Q_TIME: u32;
override Q_HEAD: u32;
override K_OFFSET: u32;
override K_BATCH: u32;
override K_TIME: u32;
override K_HEAD: u32;
override V_OFFSET: u32;
override V_BATCH: u32;
override V_TIME: u32;
override V_HEAD: u32;

const WORKGROUP = 32u;
// What is taken for the score of a key that a query does not see: it may be subtracted from, and has no power left.
const UNSEEN = -1e38;

// Four rows of a head.
struct Tile {
  isInside: bool,
  batch: u32,
  head: u32,
  first: u32,
}

fn tileOf(workgroup: vec3u, index: u32, rows: u32) -> Tile {
  let lane = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + index;
  let tiles = (rows + 3u) / 4u;
  let batch = lane / (HEADS * tiles);
  return Tile(batch < BATCHES, batch, lane % HEADS, lane / HEADS % tiles * 4u);
}

fn fourFrom(first: u32) -> vec4u {
  return vec4u(first, first + 1u, first + 2u, first + 3u);
}

fn queriesAt(tile: Tile, first: u32) -> vec4u {
  return Q_OFFSET + tile.batch * Q_BATCH + tile.head * Q_HEAD + min(fourFrom(first), vec4u(QUERIES - 1u)) * Q_TIME;
}

fn keysAt(tile: Tile, first: u32) -> vec4u {
  return K_OFFSET + tile.batch * K_BATCH + tile.head * K_HEAD + min(fourFrom(first), vec4u(KEYS - 1u)) * K_TIME;
}

fn valuesAt(tile: Tile, first: u32) -> vec4u {
  return V_OFFSET + tile.batch * V_BATCH + tile.head * V_HEAD + min(fourFrom(first), vec4u(KEYS - 1u)) * V_TIME;
}

// Of something dense: [batches, count, heads, depth].
fn denseAt(tile: Tile, first: u32, count: u32) -> vec4u {
  return ((tile.batch * count + min(fourFrom(first), vec4u(count - 1u))) * HEADS + tile.head) * GROUPS;
}

// Of something that has one number a row: [batches, heads, queries].
fn numbersAt(tile: Tile, first: u32) -> vec4u {
  return (tile.batch * HEADS + tile.head) * QUERIES + min(fourFrom(first), vec4u(QUERIES - 1u));
}

// The last key that each query of the tile sees.
fn lastsOf(tile: Tile) -> vec4u {
  return min(select(vec4u(KEYS), fourFrom(tile.first), CAUSAL), vec4u(KEYS - 1u));
}

// A column for each of the four: its products with the rows of the block.
fn productsOfFour(four: array<Elements, 4>, rows: Block) -> mat4x4f {
  return mat4x4f(products(four[0], rows), products(four[1], rows), products(four[2], rows), products(four[3], rows));
}

fn sumsOfColumns(matrix: mat4x4f) -> vec4f {
  return vec4f(1.0) * matrix;
}
