// The gradients of keys and values by lanes.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, KEYS);
  if (!tile.isInside) {
    return;
  }
  begin(tile);
  for (var query = select(0u, tile.first, CAUSAL); query < QUERIES; query += 8u) {
    let scores = scoresAt(tile, query);
    let weights = Pairs(
      weightsOfBlock(scores.low0, query, tile.first, lsesAt(numberPlaces(tile, query))),
      weightsOfBlock(scores.low1, query + 4u, tile.first, lsesAt(numberPlaces(tile, query + 4u))),
      weightsOfBlock(scores.high0, query, tile.first + 4u, lsesAt(numberPlaces(tile, query))),
      weightsOfBlock(scores.high1, query + 4u, tile.first + 4u, lsesAt(numberPlaces(tile, query + 4u))),
    );
    addToValues(tile, query, weights);
    let slopes = slopesAt(tile, query);
    let deltas0 = deltasAt(numberPlaces(tile, query));
    let deltas1 = deltasAt(numberPlaces(tile, query + 4u));
    addToKeys(tile, query, Pairs(
      slopesOfBlock(weights.low0, slopes.low0, deltas0),
      slopesOfBlock(weights.low1, slopes.low1, deltas1),
      slopesOfBlock(weights.high0, slopes.high0, deltas0),
      slopesOfBlock(weights.high1, slopes.high1, deltas1),
    ));
  }
}

// Empties the tile's rows of both gradients.
fn begin(tile: Tile) {
  for (var row = 0u; row < 8u; row++) {
    let place = keyPlace(tile, tile.first + row);
    for (var g = 0u; g < GROUPS; g++) {
      dk[place + g] = Elements();
      dv[place + g] = Elements();
    }
  }
}

// k · q
fn scoresAt(tile: Tile, query: u32) -> Pairs {
  let low = kPlaces(tile, tile.first);
  let high = kPlaces(tile, tile.first + 4u);
  let queries0 = qPlaces(tile, query);
  let queries1 = qPlaces(tile, query + 4u);
  var low0 = mat4x4f();
  var low1 = mat4x4f();
  var high0 = mat4x4f();
  var high1 = mat4x4f();
  for (var g = 0u; g < GROUPS; g++) {
    let rows0 = kBlock(low + g);
    let rows1 = kBlock(high + g);
    let others0 = qBlock(queries0 + g);
    let others1 = qBlock(queries1 + g);
    low0 += productsOf(rows0, others0);
    low1 += productsOf(rows0, others1);
    high0 += productsOf(rows1, others0);
    high1 += productsOf(rows1, others1);
  }
  return Pairs(low0, low1, high0, high1);
}

// v · dout
fn slopesAt(tile: Tile, query: u32) -> Pairs {
  let low = vPlaces(tile, tile.first);
  let high = vPlaces(tile, tile.first + 4u);
  let outputs0 = queryPlaces(tile, query);
  let outputs1 = queryPlaces(tile, query + 4u);
  var low0 = mat4x4f();
  var low1 = mat4x4f();
  var high0 = mat4x4f();
  var high1 = mat4x4f();
  for (var g = 0u; g < GROUPS; g++) {
    let rows0 = vBlock(low + g);
    let rows1 = vBlock(high + g);
    let others0 = doutBlock(outputs0 + g);
    let others1 = doutBlock(outputs1 + g);
    low0 += productsOf(rows0, others0);
    low1 += productsOf(rows0, others1);
    high0 += productsOf(rows1, others0);
    high1 += productsOf(rows1, others1);
  }
  return Pairs(low0, low1, high0, high1);
}

// dv = dv + Σ p dout
fn addToValues(tile: Tile, query: u32, weights: Pairs) {
  let low = keyPlaces(tile, tile.first);
  let high = keyPlaces(tile, tile.first + 4u);
  let outputs0 = queryPlaces(tile, query);
  let outputs1 = queryPlaces(tile, query + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let dout0 = doutBlock(outputs0 + g);
    let dout1 = doutBlock(outputs1 + g);
    let lowGradient = dvBlock(low + g) + mix(dout0, weights.low0) + mix(dout1, weights.low1);
    let highGradient = dvBlock(high + g) + mix(dout0, weights.high0) + mix(dout1, weights.high1);
    storeValues(low + g, lowGradient);
    storeValues(high + g, highGradient);
  }
}

// dk = dk + Σ ds q
fn addToKeys(tile: Tile, query: u32, slopes: Pairs) {
  let low = keyPlaces(tile, tile.first);
  let high = keyPlaces(tile, tile.first + 4u);
  let queries0 = qPlaces(tile, query);
  let queries1 = qPlaces(tile, query + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let q0 = qBlock(queries0 + g);
    let q1 = qBlock(queries1 + g);
    let lowGradient = dkBlock(low + g) + mix(q0, slopes.low0) + mix(q1, slopes.low1);
    let highGradient = dkBlock(high + g) + mix(q0, slopes.high0) + mix(q1, slopes.high1);
    storeKeys(low + g, lowGradient);
    storeKeys(high + g, highGradient);
  }
}

fn dkBlock(at: vec4u) -> Block {
  return Block(dk[at[0]], dk[at[1]], dk[at[2]], dk[at[3]]);
}

fn dvBlock(at: vec4u) -> Block {
  return Block(dv[at[0]], dv[at[1]], dv[at[2]], dv[at[3]]);
}

fn storeKeys(at: vec4u, rows: Block) {
  dk[at[0]] = rows[0];
  dk[at[1]] = rows[1];
  dk[at[2]] = rows[2];
  dk[at[3]] = rows[3];
}

fn storeValues(at: vec4u, rows: Block) {
  dv[at[0]] = rows[0];
  dv[at[1]] = rows[1];
  dv[at[2]] = rows[2];
  dv[at[3]] = rows[3];
}
