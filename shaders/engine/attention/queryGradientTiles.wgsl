// The gradient of queries by tiles of queries, against blocks of keys.

@compute @workgroup_size(COLUMN_LANES, ROW_LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) id: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let tile = tileOf(workgroup, CAUSAL);
  if (!tile.isInside) {
    return;
  }
  let lane = Lane(id.x, id.y, index);
  let query = tile.first + 4u * lane.y;
  let end = select(KEYS, min(tile.first + TILE, KEYS), CAUSAL);
  let deltas = deltasOf(tile, lane);
  let lses = lsesAt(numberPlaces(tile, query));
  var gradient = Results();
  for (var key = 0u; key < end; key += BLOCK) {
    let scores = productsOf(tile, lane, Q, K, key);
    let slopes = productsOf(tile, lane, DOUT, V, key);
    let weights = slopesOfBlock(scores, slopes, query, key + 4u * lane.x, lses, deltas);
    gradient = addWeighted(gradient, tile, lane, weights, K, key);
  }
  storeResults(6u, tile, lane, gradient);
  if (lane.x == 0u) {
    storeDeltas(tile, query, deltas);
  }
}

// dout · o of the lane's rows.
fn deltasOf(tile: Tile, lane: Lane) -> vec4f {
  let query = tile.first + 4u * lane.y;
  var sums = vec4f();
  for (var four = lane.x; four < FOURS; four += COLUMN_LANES) {
    sums += vec4f(
      deltaPart(tile, query, four),
      deltaPart(tile, query + 1u, four),
      deltaPart(tile, query + 2u, four),
      deltaPart(tile, query + 3u, four),
    );
  }
  return rowSums(lane, sums);
}

fn deltaPart(tile: Tile, query: u32, four: u32) -> f32 {
  return dot(fourAt(DOUT, tile, query, four), fourAt(O, tile, query, four));
}

fn elementAt(operand: u32, at: u32) -> Elements {
  switch operand {
    case Q: { return q[at]; }
    case K: { return k[at]; }
    case V: { return v[at]; }
    case DOUT: { return dout[at]; }
    default: { return o[at]; }
  }
}

fn storeElement(binding: u32, at: u32, value: Elements) {
  dq[at] = value;
}
