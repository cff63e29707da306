// The gradient of queries by lanes.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, QUERIES);
  if (!tile.isInside) {
    return;
  }
  begin(tile);
  let lowDeltas = deltasAt(numberPlaces(tile, tile.first));
  let highDeltas = deltasAt(numberPlaces(tile, tile.first + 4u));
  let lowLses = lsesAt(numberPlaces(tile, tile.first));
  let highLses = lsesAt(numberPlaces(tile, tile.first + 4u));
  let end = select(KEYS, min(tile.first + 8u, KEYS), CAUSAL);
  for (var key = 0u; key < end; key += 8u) {
    let scores = scoresAt(tile, key);
    let slopes = slopesAt(tile, key);
    addKeys(tile, key, Pairs(
      slopesOfBlock(scores.low0, slopes.low0, tile.first, key, lowLses, lowDeltas),
      slopesOfBlock(scores.low1, slopes.low1, tile.first, key + 4u, lowLses, lowDeltas),
      slopesOfBlock(scores.high0, slopes.high0, tile.first + 4u, key, highLses, highDeltas),
      slopesOfBlock(scores.high1, slopes.high1, tile.first + 4u, key + 4u, highLses, highDeltas),
    ));
  }
}

// Empties the tile's rows of dq, and stores their delta.
fn begin(tile: Tile) {
  for (var row = 0u; row < 8u; row++) {
    let query = min(tile.first + row, QUERIES - 1u);
    let place = queryPlace(tile, query);
    var sum = 0.0;
    for (var g = 0u; g < GROUPS; g++) {
      sum += product(dout[place + g], o[place + g]);
      dq[place + g] = Elements();
    }
    delta[(tile.batch * HEADS + tile.head) * QUERIES + query] = sum;
  }
}

// q · k
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

// dout · v
fn slopesAt(tile: Tile, key: u32) -> Pairs {
  let low = queryPlaces(tile, tile.first);
  let high = queryPlaces(tile, tile.first + 4u);
  let values0 = vPlaces(tile, key);
  let values1 = vPlaces(tile, key + 4u);
  var low0 = mat4x4f();
  var low1 = mat4x4f();
  var high0 = mat4x4f();
  var high1 = mat4x4f();
  for (var g = 0u; g < GROUPS; g++) {
    let rows0 = doutBlock(low + g);
    let rows1 = doutBlock(high + g);
    let others0 = vBlock(values0 + g);
    let others1 = vBlock(values1 + g);
    low0 += productsOf(rows0, others0);
    low1 += productsOf(rows0, others1);
    high0 += productsOf(rows1, others0);
    high1 += productsOf(rows1, others1);
  }
  return Pairs(low0, low1, high0, high1);
}

// dq = dq + Σ ds k
fn addKeys(tile: Tile, key: u32, slopes: Pairs) {
  let low = queryPlaces(tile, tile.first);
  let high = queryPlaces(tile, tile.first + 4u);
  let keys0 = kPlaces(tile, key);
  let keys1 = kPlaces(tile, key + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let k0 = kBlock(keys0 + g);
    let k1 = kBlock(keys1 + g);
    let lowGradient = dqBlock(low + g) + mix(k0, slopes.low0) + mix(k1, slopes.low1);
    let highGradient = dqBlock(high + g) + mix(k0, slopes.high0) + mix(k1, slopes.high1);
    storeGradient(low + g, lowGradient);
    storeGradient(high + g, highGradient);
  }
}

fn deltasAt(at: vec4u) -> vec4f {
  return vec4f(delta[at[0]], delta[at[1]], delta[at[2]], delta[at[3]]);
}

fn dqBlock(at: vec4u) -> Block {
  return Block(dq[at[0]], dq[at[1]], dq[at[2]], dq[at[3]]);
}

fn storeGradient(at: vec4u, rows: Block) {
  dq[at[0]] = rows[0];
  dq[at[1]] = rows[1];
  dq[at[2]] = rows[2];
  dq[at[3]] = rows[3];
}
