// Attention by lanes on their own. A lane takes eight rows of a head, its tile, against all rows that those meet, eight at a
// time, and adds up its results where they go in memory: no workgroup memory, no barriers, and nothing that grows with the
// depth. Neighbouring lanes take the same rows of neighbouring heads, and so run for as long.
// Eight rows are two blocks of four. Rows past the end are the last once more and come to the same numbers, so they may be
// stored.

const WORKGROUP = 32u;

fn tileOf(workgroup: vec3u, index: u32, rows: u32) -> Tile {
  let lane = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + index;
  let tiles = (rows + 7u) / 8u;
  let batch = lane / (HEADS * tiles);
  return Tile(batch < BATCHES, batch, lane % HEADS, lane / HEADS % tiles * 8u);
}

// Of each of the tile's rows and each of eight others. A matrix has a column for each row of a block of the tile's.
struct Pairs {
  low0: mat4x4f,  // the tile's first four rows, the others' first four
  low1: mat4x4f,  // the tile's first four rows, the others' last four
  high0: mat4x4f, // and of the tile's last four rows
  high1: mat4x4f,
}

// The products of four of the tile's rows with four others, over a group.
fn productsOf(rows: Block, others: Block) -> mat4x4f {
  return mat4x4f(rows[0] * others, rows[1] * others, rows[2] * others, rows[3] * others);
}

// Where four rows of q, k and v are.
fn qPlaces(tile: Tile, first: u32) -> vec4u {
  return Q_OFFSET + tile.batch * Q_BATCH + tile.head * Q_HEAD + queriesFrom(first) * Q_TIME;
}

fn kPlaces(tile: Tile, first: u32) -> vec4u {
  return K_OFFSET + tile.batch * K_BATCH + tile.head * K_HEAD + keysFrom(first) * K_TIME;
}

fn vPlaces(tile: Tile, first: u32) -> vec4u {
  return V_OFFSET + tile.batch * V_BATCH + tile.head * V_HEAD + keysFrom(first) * V_TIME;
}

// Where four rows are of something like o, [batches, queries, heads, depth], and something like it of keys.
fn queryPlaces(tile: Tile, first: u32) -> vec4u {
  return ((tile.batch * QUERIES + queriesFrom(first)) * HEADS + tile.head) * GROUPS;
}

fn keyPlaces(tile: Tile, first: u32) -> vec4u {
  return ((tile.batch * KEYS + keysFrom(first)) * HEADS + tile.head) * GROUPS;
}

// The same of a single row.
fn queryPlace(tile: Tile, query: u32) -> u32 {
  return ((tile.batch * QUERIES + min(query, QUERIES - 1u)) * HEADS + tile.head) * GROUPS;
}

fn keyPlace(tile: Tile, key: u32) -> u32 {
  return ((tile.batch * KEYS + min(key, KEYS - 1u)) * HEADS + tile.head) * GROUPS;
}
