// The forward pass by lanes.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, QUERIES);
  if (!tile.isInside) {
    return;
  }
  let end = select(KEYS, min(tile.first + 8u, KEYS), CAUSAL);
  var lowLargest = vec4f(UNSEEN);
  var highLargest = vec4f(UNSEEN);
  var lowTotal = vec4f();
  var highTotal = vec4f();
  begin(tile);
  for (var key = 0u; key < end; key += 8u) {
    let scores = scoresAt(tile, key);
    let low = weigh(lowLargest, tile.first, key, scores.low0, scores.low1);
    let high = weigh(highLargest, tile.first + 4u, key, scores.high0, scores.high1);
    addValues(tile, key, low, high);
    lowTotal = lowTotal * low.shrink + low.total;
    highTotal = highTotal * high.shrink + high.total;
    lowLargest = low.largest;
    highLargest = high.largest;
  }
  scaleOutput(tile, inverse(lowTotal), inverse(highTotal));
  storeLse(tile, tile.first, lowLargest, lowTotal);
  storeLse(tile, tile.first + 4u, highLargest, highTotal);
}

// Of four queries and eight keys: the largest scores so far, what to multiply sums before with, and the keys' weights.
struct Weights {
  largest: vec4f,
  shrink: vec4f,
  total: vec4f,
  of0: mat4x4f, // a column for each query, a row for each key
  of1: mat4x4f,
}

// Empties the tile's rows of o.
fn begin(tile: Tile) {
  for (var row = 0u; row < 8u; row++) {
    let place = queryPlace(tile, tile.first + row);
    for (var g = 0u; g < GROUPS; g++) {
      o[place + g] = Elements();
    }
  }
}

fn scoresAt(tile: Tile, key: u32) -> Pairs {
  let low = qPlaces(tile, tile.first);
  let high = qPlaces(tile, tile.first + 4u);
  let keys0 = kPlaces(tile, key);
  let keys1 = kPlaces(tile, key + 4u);
  var low0 = mat4x4f();
  var low1 = mat4x4f();
  var high0 = mat4x4f();
  var high1 = mat4x4f();
  for (var g = 0u; g < GROUPS; g++) {
    let rows0 = qBlock(low + g);
    let rows1 = qBlock(high + g);
    let others0 = kBlock(keys0 + g);
    let others1 = kBlock(keys1 + g);
    low0 += productsOf(rows0, others0);
    low1 += productsOf(rows0, others1);
    high0 += productsOf(rows1, others0);
    high1 += productsOf(rows1, others1);
  }
  return Pairs(low0, low1, high0, high1);
}

fn weigh(before: vec4f, query: u32, key: u32, products0: mat4x4f, products1: mat4x4f) -> Weights {
  let scores0 = seenScores(products0, query, key);
  let scores1 = seenScores(products1, query, key + 4u);
  let largest = max(before, max(largestOfColumns(scores0), largestOfColumns(scores1)));
  let weights0 = powers(scores0, largest);
  let weights1 = powers(scores1, largest);
  let total = vec4f(1.0) * weights0 + vec4f(1.0) * weights1;
  return Weights(largest, exponentials(before - largest), total, weights0, weights1);
}

// o = o shrink + Σ weights v
fn addValues(tile: Tile, key: u32, low: Weights, high: Weights) {
  let lowPlaces = queryPlaces(tile, tile.first);
  let highPlaces = queryPlaces(tile, tile.first + 4u);
  let values0 = vPlaces(tile, key);
  let values1 = vPlaces(tile, key + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let v0 = vBlock(values0 + g);
    let v1 = vBlock(values1 + g);
    let lowOutput = scaled(oBlock(lowPlaces + g), low.shrink) + mix(v0, low.of0) + mix(v1, low.of1);
    let highOutput = scaled(oBlock(highPlaces + g), high.shrink) + mix(v0, high.of0) + mix(v1, high.of1);
    storeOutput(lowPlaces + g, lowOutput);
    storeOutput(highPlaces + g, highOutput);
  }
}

// o = o scale. All is read before anything is stored, for a row may be there twice.
fn scaleOutput(tile: Tile, low: vec4f, high: vec4f) {
  let lowPlaces = queryPlaces(tile, tile.first);
  let highPlaces = queryPlaces(tile, tile.first + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let lowOutput = scaled(oBlock(lowPlaces + g), low);
    let highOutput = scaled(oBlock(highPlaces + g), high);
    storeOutput(lowPlaces + g, lowOutput);
    storeOutput(highPlaces + g, highOutput);
  }
}

fn scaled(rows: Block, scale: vec4f) -> Block {
  return Block(rows[0] * scale[0], rows[1] * scale[1], rows[2] * scale[2], rows[3] * scale[3]);
}

fn qBlock(at: vec4u) -> Block {
  return Block(q[at[0]], q[at[1]], q[at[2]], q[at[3]]);
}

fn kBlock(at: vec4u) -> Block {
  return Block(k[at[0]], k[at[1]], k[at[2]], k[at[3]]);
}

fn vBlock(at: vec4u) -> Block {
  return Block(v[at[0]], v[at[1]], v[at[2]], v[at[3]]);
}

fn oBlock(at: vec4u) -> Block {
  return Block(o[at[0]], o[at[1]], o[at[2]], o[at[3]]);
}

fn storeOutput(at: vec4u, rows: Block) {
  o[at[0]] = rows[0];
  o[at[1]] = rows[1];
  o[at[2]] = rows[2];
  o[at[3]] = rows[3];
}
