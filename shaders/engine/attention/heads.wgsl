// What all kernels of attention know of their operands, and which rows of a head meet.

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

// What is taken for the score of a key that a query does not see: it may be subtracted from, and has no power left.
const UNSEEN = -1e38;

// Rows of a head, from the first on.
struct Tile {
  isInside: bool,
  batch: u32,
  head: u32,
  first: u32,
}

// Four neighbouring rows. Rows past the end are the last once more.
fn fourFrom(first: u32) -> vec4u {
  return vec4u(first, first + 1u, first + 2u, first + 3u);
}

fn queriesFrom(first: u32) -> vec4u {
  return min(fourFrom(first), vec4u(QUERIES - 1u));
}

fn keysFrom(first: u32) -> vec4u {
  return min(fourFrom(first), vec4u(KEYS - 1u));
}

// Where four numbers are of something like lse, [batches, heads, queries].
fn numberPlaces(tile: Tile, first: u32) -> vec4u {
  return (tile.batch * HEADS + tile.head) * QUERIES + queriesFrom(first);
}

// Which of the four keys from the first on a query sees.
fn areSeen(first: u32, query: u32) -> vec4<bool> {
  return fourFrom(first) <= vec4u(select(KEYS - 1u, query, CAUSAL));
}
