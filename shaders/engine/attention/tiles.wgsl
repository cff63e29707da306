// Attention by tiles. A workgroup of COLUMN_LANES × ROW_LANES lanes takes a tile, 4 ROW_LANES rows of a head, against all
// rows that those meet, the others, in blocks of 4 COLUMN_LANES. All that a lane adds up is in registers. The lane (x, y) has
// the tile's rows from 4y on: of their products with a block, those of the others from 4x on; of their results, as long as a
// head's row, the four x and, where SPANS is 2, the four x + COLUMN_LANES.
// What lanes share goes through two panels in workgroup memory. Four lines of 16 numbers are a group of 16 vec4s there, and
// groups are 17 apart: those that neighbouring lanes read begin in different banks.
// The file before it has `elementAt` and `storeElement`. They are told by a constant which binding is meant, so that compilers
// leave one branch of them.

override ROWS: u32; // of a head that are tiled: QUERIES or KEYS
override COLUMN_LANES: u32; // 8 or 16
override ROW_LANES: u32;
override SPANS: u32; // 1 or 2
override LANES: u32 = COLUMN_LANES * ROW_LANES;
override TILE: u32 = 4u * ROW_LANES;
override BLOCK: u32 = 4u * COLUMN_LANES;
override FOURS: u32 = (GROUPS + PIECES - 1u) / PIECES; // of a head's row

// The operands, by number.
const Q = 0u;
const K = 1u;
const V = 2u;
const DOUT = 3u;
const O = 4u;

struct Lane {
  x: u32,
  y: u32,
  index: u32,
}

// Of a lane's rows, one a column.
struct Results {
  low: mat4x4f,
  high: mat4x4f,
}

var<workgroup> rowPanel: array<vec4f, 17u * ROW_LANES>;
var<workgroup> otherPanel: array<vec4f, 17u * COLUMN_LANES * SPANS>;

// Tiles of one head are neighbours, which read the same rows; the last come first where those have the most to do.
fn tileOf(workgroup: vec3u, isLastFirst: bool) -> Tile {
  let tile = workgroup.y * GRID_WIDTH + workgroup.x;
  let tiles = (ROWS + TILE - 1u) / TILE;
  let head = tile / tiles;
  let place = select(tile % tiles, tiles - 1u - tile % tiles, isLastFirst);
  return Tile(head < BATCHES * HEADS, head / HEADS, head % HEADS, place * TILE);
}

// The dot products of the tile's rows of one operand with a block of another's, from `first` on: a column for each row.
fn productsOf(tile: Tile, lane: Lane, operand: u32, other: u32, first: u32) -> mat4x4f {
  var products = mat4x4f();
  for (var four = 0u; four < FOURS; four += 4u) {
    workgroupBarrier(); // what was there before has been read
    for (var i = lane.index; i < 16u * ROW_LANES; i += LANES) {
      rowPanel[i + i / 16u] = fourAt(operand, tile, tile.first + i / 4u, four + i % 4u);
    }
    for (var i = lane.index; i < 16u * COLUMN_LANES; i += LANES) {
      otherPanel[i + i / 16u] = fourAt(other, tile, first + i / 4u, four + i % 4u);
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      let others = otherLines(17u * lane.x + i, 4u);
      let rows = rowLines(17u * lane.y + i);
      products += mat4x4f(rows[0] * others, rows[1] * others, rows[2] * others, rows[3] * others);
    }
  }
  return products;
}

// Results, and the sum of a block's rows of an operand, from `first` on, times the weights that the lanes have for them.
fn addWeighted(before: Results, tile: Tile, lane: Lane, weights: mat4x4f, operand: u32, first: u32) -> Results {
  let width = COLUMN_LANES * SPANS;
  var results = before;
  for (var column = 0u; column < COLUMN_LANES; column += 4u) {
    workgroupBarrier();
    if (lane.x / 4u == column / 4u) {
      let at = 17u * lane.y + lane.x % 4u;
      rowPanel[at] = weights[0];
      rowPanel[at + 4u] = weights[1];
      rowPanel[at + 8u] = weights[2];
      rowPanel[at + 12u] = weights[3];
    }
    for (var i = lane.index; i < 16u * width; i += LANES) {
      otherPanel[i] = fourAt(operand, tile, first + 4u * column + i / width, i % width);
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      let own = rowLines(17u * lane.y + i);
      let at = 4u * i * width + lane.x;
      results.low += otherLines(at, width) * own;
      if (SPANS == 2u) {
        results.high += otherLines(at + COLUMN_LANES, width) * own;
      }
    }
  }
  return results;
}

fn rowLines(at: u32) -> mat4x4f {
  return mat4x4f(rowPanel[at], rowPanel[at + 4u], rowPanel[at + 8u], rowPanel[at + 12u]);
}

fn otherLines(at: u32, step: u32) -> mat4x4f {
  return mat4x4f(otherPanel[at], otherPanel[at + step], otherPanel[at + 2u * step], otherPanel[at + 3u * step]);
}

// The sums of what the lanes have for each of their rows.
fn rowSums(lane: Lane, value: vec4f) -> vec4f {
  shareRows(lane, value);
  var sums = vec4f();
  for (var x = 0u; x < COLUMN_LANES; x++) {
    sums += rowPanel[17u * lane.y + x];
  }
  return sums;
}

// The largest of what the lanes have for each of their rows.
fn rowsLargest(lane: Lane, value: vec4f) -> vec4f {
  shareRows(lane, value);
  var largest = value;
  for (var x = 0u; x < COLUMN_LANES; x++) {
    largest = max(largest, rowPanel[17u * lane.y + x]);
  }
  return largest;
}

fn shareRows(lane: Lane, value: vec4f) {
  workgroupBarrier();
  rowPanel[17u * lane.y + lane.x] = value;
  workgroupBarrier();
}

// Four neighbours of a row of an operand, zeros past its end.
fn fourAt(operand: u32, tile: Tile, row: u32, four: u32) -> vec4f {
  let place = placeOf(operand, tile, row);
  var values = vec4f();
  for (var i = 0u; i < PIECES; i++) {
    let at = four * PIECES + i;
    if (at < GROUPS) {
      values += whole(elementAt(operand, place + at), i);
    }
  }
  return values;
}

fn placeOf(operand: u32, tile: Tile, row: u32) -> u32 {
  switch operand {
    case Q: {
      return Q_OFFSET + tile.batch * Q_BATCH + tile.head * Q_HEAD + min(row, QUERIES - 1u) * Q_TIME;
    }
    case K: {
      return K_OFFSET + tile.batch * K_BATCH + tile.head * K_HEAD + min(row, KEYS - 1u) * K_TIME;
    }
    case V: {
      return V_OFFSET + tile.batch * V_BATCH + tile.head * V_HEAD + min(row, KEYS - 1u) * V_TIME;
    }
    default: {
      return ((tile.batch * QUERIES + min(row, QUERIES - 1u)) * HEADS + tile.head) * GROUPS;
    }
  }
}

// Stores a lane's rows of a result, which is the binding of that number.
fn storeResults(binding: u32, tile: Tile, lane: Lane, results: Results) {
  storeFours(binding, tile, lane.y, lane.x, results.low);
  if (SPANS == 2u) {
    storeFours(binding, tile, lane.y, lane.x + COLUMN_LANES, results.high);
  }
}

fn storeFours(binding: u32, tile: Tile, y: u32, four: u32, rows: mat4x4f) {
  let row = tile.first + 4u * y;
  storeFour(binding, tile, row, four, rows[0]);
  storeFour(binding, tile, row + 1u, four, rows[1]);
  storeFour(binding, tile, row + 2u, four, rows[2]);
  storeFour(binding, tile, row + 3u, four, rows[3]);
}

fn storeFour(binding: u32, tile: Tile, row: u32, four: u32, values: vec4f) {
  for (var i = 0u; i < PIECES; i++) {
    let at = four * PIECES + i;
    if (row < ROWS && at < GROUPS) {
      storeElement(binding, ((tile.batch * ROWS + row) * HEADS + tile.head) * GROUPS + at, pieceOf(values, i));
    }
  }
}
